package tools

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the plan of this house: each room, and the rooms it may import besides itself and those in it.
// It is policy. Widen it in a commit of its own that says why; not to make a build pass.
var mayImport = map[string][]string{
	"ent":                   {},
	"meter":                 {},                                                                                                                  // counters, of the standard library alone
	"naming":                {},                                                                                                                  // what is an id and one network, and which scripts one name has
	"web":                   {},                                                                                                                  // files, nothing else
	"transport":             {"meter", "naming"},                                                                                                 // knows gqlgen; nothing of chat, auth or rows
	"db":                    {"db/bulk", "db/disk", "db/failure", "db/migrations", "db/postgres", "db/sqlite", "db/tables", "db/waiting", "ent"}, // the only room that knows a dialect
	"auth":                  {"auth/hashcost", "db", "db/tables", "ent", "meter", "naming"},                                                      // knows no chat
	"chat":                  {"db", "db/tables", "ent", "meter", "naming"},                                                                       // knows no auth: who sends is a parameter
	"broker":                {"chat"},                                                                                                            // the notifier serves the room, not the other way
	"graph":                 {"auth", "chat", "chat/roomlog", "db", "naming", "transport"},                                                       // of db only the error classes; never a row
	"server":                {"archive", "auth", "broker", "chat", "db", "db/waiting", "graph", "graph/document", "server/edge", "server/logs", "server/metrics", "server/settings", "transport", "web"},
	"cmd/parley":            {"cmd/parley/command"},
	"graph/document":        {},            // knows a schema; no people, no rooms
	"graph/document/syntax": {"transport"}, // knows no schema; of transport only how long an escape is
	"graph/generated":       {"auth", "chat", "chat/roomlog", "graph/lean", "graph/scalar"},
	"graph/lean":            {},
	"graph/scalar":          {},
	"auth/hashcost":         {},
	"server/logs":           {},
	"server/settings":       {"chat", "graph", "transport"},                                        // of graph and chat only bounds
	"server/edge":           {"meter", "server/settings", "transport"},                             // of transport only what an address and an origin are
	"server/metrics":        {"auth", "broker", "chat", "db", "meter", "server/logs", "transport"}, // reads what they count
	"cmd/parley/command":    {"archive", "auth", "db", "server", "server/logs", "server/settings"},
	"e2e":                   {},
	"e2e/harness":           {"auth", "auth/hashcost", "cmd/parley/command", "db", "db/dbtest", "e2e/harness/network", "graph", "server", "server/settings"},
	"e2e/harness/forge":     {"e2e/harness"},
	"e2e/harness/frames":    {"e2e/harness"},
	"e2e/harness/load":      {"e2e/harness"},
	"e2e/harness/network":   {},
	"e2e/harness/talks":     {"e2e/harness"},
	"e2e/harness/writers":   {"db", "db/dbtest", "e2e/harness"},
	"db/failure":            {},                                                                               // the class of an error, of either driver
	"db/waiting":            {},                                                                               // what a start waits for
	"db/disk":               {},                                                                               // files: private, published when whole, and free space
	"db/bulk":               {"ent"},                                                                          // statements over many rows
	"db/migrations":         {"db/failure", "db/waiting", "ent"},                                              // the schema of both kinds
	"db/migrations/diff":    {"db/dbtest", "ent"},                                                             // a command
	"db/migrations/hash":    {"db/migrations"},                                                                // a command
	"db/dbtest":             {"ent"},                                                                          // for tests
	"db/tables":             {},                                                                               // whole tables, row by row
	"db/sqlite":             {"db/bulk", "db/disk", "db/failure", "db/migrations", "db/tables", "db/waiting"}, // a file of SQLite
	"db/postgres":           {"db/failure", "db/migrations", "db/tables", "db/waiting"},                       // a database of Postgres
	"archive":               {"auth", "chat", "chat/roomlog", "db", "db/disk", "db/tables"},                   // a database as a whole; knows no dialect
	"broker/brokertest":     {"chat"},
	"broker/natstest":       {},
	"chat/queue":            {"chat/roomlog", "db", "ent", "meter"}, // asks who may
	"chat/roomlog":          {"db", "db/tables", "ent"},             // knows nobody: the log, and what it is about
	"chat/roomlog/logtest":  {},
	"chat/texts":            {"naming"}, // what names and texts may be
}

// homeOf says in which rooms each technology lives. No other room imports it.
var homeOf = map[string][]string{
	"github.com/99designs/gqlgen": {"graph", "graph/document", "graph/generated", "graph/lean", "graph/scalar", "transport"},
	"github.com/vektah/gqlparser": {"graph", "graph/document", "graph/document/syntax", "graph/generated", "transport"},
	"github.com/gobwas/ws":        {"transport"},
	"github.com/golang-jwt/jwt":   {"auth"},
	"golang.org/x/crypto":         {"auth"},                         // argon2
	"golang.org/x/text":           {"auth", "chat/texts", "naming"}, // PRECIS, normal forms
	"golang.org/x/net":            {"transport"},                    // IDNA
	"golang.org/x/time":           {"auth", "chat", "transport"},    // rates
	"entgo.io/ent":                {"auth", "chat", "chat/roomlog", "db", "db/bulk", "db/migrations/diff", "db/sqlite", "ent"},
	"ariga.io/atlas":              {"db/migrations/diff", "db/migrations/hash"}, // writes migrations
	"github.com/mattn/go-sqlite3": {"db/dbtest", "db/failure", "db/migrations/diff", "db/sqlite"},
	"github.com/jackc/pgx":        {"db/bulk", "db/dbtest", "db/failure", "db/migrations/diff", "db/postgres"},
	"github.com/pressly/goose":    {"db/migrations"},
	"github.com/nats-io":          {"broker", "broker/natstest"},
	"github.com/prometheus":       {"server/metrics"},
	"github.com/rs/cors":          {"server/edge"},
	"github.com/alecthomas/kong":  {"server/settings"},
	"github.com/coder/websocket":  {"e2e/harness", "e2e/harness/load"},  // tests
	"go.uber.org/goleak":          {"broker/brokertest", "e2e/harness"}, // its contract, and tests
}

// TestRoomsImportOnlyDownwards asks the go command who imports whom and compares it with the plan.
func TestRoomsImportOnlyDownwards(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		if within(pkg, "parley/cmd/parleybench/baseline") {
			continue // what we measure against
		}
		for _, bad := range wrongImports(pkg, strings.Fields(imports)) {
			t.Error(bad)
		}
	}
}

// TestPlanRefuses shows that the check can fail: an import upwards, and a technology out of its home.
func TestPlanRefuses(t *testing.T) {
	for _, c := range []struct{ pkg, imports, want string }{
		{"parley/graph", "parley/ent", "parley/graph imports parley/ent: graph may import only [auth chat chat/roomlog db naming transport]"},
		{"parley/chat", "parley/auth", "parley/chat imports parley/auth: chat may import only [db db/tables ent meter naming]"},
		{"parley/chat", "github.com/golang-jwt/jwt/v5", "parley/chat imports github.com/golang-jwt/jwt/v5: it lives only in [auth]"},
		{"parley/graph/lean", "parley/chat", "parley/graph/lean imports parley/chat: graph/lean may import only []"},
		{"parley/kitchen", "fmt", "parley/kitchen is in no room of the plan"},
	} {
		if got := wrongImports(c.pkg, []string{c.imports}); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s → %s: got %q, want %q", c.pkg, c.imports, got, c.want)
		}
	}
}

func wrongImports(pkg string, imports []string) (wrong []string) {
	room := roomOf(pkg)
	if room == "" {
		if pkg == "parley" {
			return nil // this file
		}
		return []string{pkg + " is in no room of the plan"}
	}
	for _, imported := range imports {
		if other := roomOf(imported); other != "" && !within(other, room) && !slices.Contains(mayImport[room], other) {
			wrong = append(wrong, pkg+" imports "+imported+": "+room+" may import only "+list(mayImport[room]))
		}
		for technology, homes := range homeOf {
			if within(imported, technology) && !slices.Contains(homes, room) {
				wrong = append(wrong, pkg+" imports "+imported+": it lives only in "+list(homes))
			}
		}
	}
	return wrong
}

// roomOf answers the longest room that a package lies in.
func roomOf(pkg string) (room string) {
	for candidate := range mayImport {
		if within(pkg, "parley/"+candidate) && len(candidate) > len(room) {
			room = candidate
		}
	}
	return room
}

func within(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

func list(rooms []string) string { return "[" + strings.Join(rooms, " ") + "]" }
