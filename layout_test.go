package tools

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the plan of this house: each room, and the rooms it may import besides itself.
// It is policy. Widen it in a commit of its own that says why; not to make a build pass.
var mayImport = map[string][]string{
	"ent":             {},
	"limit":           {},                                                                                                                                                                     // rates and the buckets that count them
	"meter":           {},                                                                                                                                                                     // counters, of the standard library alone
	"naming":          {},                                                                                                                                                                     // what is an id and one network, and which scripts one name has
	"tuning":          {},                                                                                                                                                                     // tuning of the process: collector, threads, priorities
	"web":             {},                                                                                                                                                                     // files, nothing else
	"transport":       {"meter", "naming"},                                                                                                                                                    // knows gqlgen; nothing of chat, auth or rows
	"db":              {"ent"},                                                                                                                                                                // the only room that knows a dialect
	"auth":            {"naming"},                                                                                                                                                             // who is asking, and the errors of it; knows no row
	"auth/keys":       {},                                                                                                                                                                     // root secrets, and the file of them
	"auth/tokens":     {"auth", "auth/keys"},                                                                                                                                                  // signs and parses claims; knows no session
	"auth/attempts":   {"auth", "auth/passwords", "auth/rows", "auth/usernames", "db", "ent", "limit"},                                                                                        // how often a password may be tried
	"auth/audit":      {"meter"},                                                                                                                                                              // records of who signs in
	"auth/rows":       {"auth", "db", "ent"},                                                                                                                                                  // how sign-ins read and write
	"auth/passwords":  {"auth", "auth/usernames", "tuning"},                                                                                                                                   // hashes, and what a password may be
	"auth/usernames":  {"naming"},                                                                                                                                                             // what is a username, and which are one
	"auth/cleanup":    {"auth/rows", "ent", "limit"},                                                                                                                                          // removes rows that decide nothing
	"auth/sessions":   {"auth", "auth/audit", "auth/keys", "auth/rows", "auth/tokens", "db", "ent", "limit", "meter", "naming"},                                                               // begins, refreshes, ends
	"auth/accounts":   {"auth", "auth/attempts", "auth/audit", "auth/cleanup", "auth/keys", "auth/passwords", "auth/rows", "auth/sessions", "auth/usernames", "db", "ent", "limit", "naming"}, // the service; knows no chat
	"chat":            {"db", "ent", "meter", "naming"},                                                                                                                                       // knows no auth: who sends is a parameter
	"broker":          {"chat"},                                                                                                                                                               // the bell serves the room, not the other way
	"graph":           {"auth", "auth/accounts", "auth/passwords", "auth/usernames", "chat", "db", "naming", "transport"},                                                            // of db only the error classes; never a row
	"server":          {"auth/accounts", "auth/keys", "broker", "chat", "db", "graph", "limit", "meter", "transport", "tuning", "web"},
	"cmd/parley":      {"server"},
	"cmd/parleybench": {}, // a client like any other
}

// homeOf says in which rooms each technology lives. No other room imports it.
var homeOf = map[string][]string{
	"github.com/99designs/gqlgen": {"graph", "transport"},
	"github.com/vektah/gqlparser": {"graph", "transport"},
	"github.com/gobwas/ws":        {"transport"},
	"github.com/golang-jwt/jwt":   {"auth/tokens"},
	"golang.org/x/crypto":         {"auth/passwords"},                                     // argon2
	"golang.org/x/text":           {"auth/passwords", "auth/usernames", "chat", "naming"}, // PRECIS, normal forms
	"golang.org/x/net":            {"transport"},                                          // IDNA
	"golang.org/x/time":           {"chat", "transport"},                                  // rates
	"entgo.io/ent":                {"ent", "db", "auth/accounts", "auth/attempts", "auth/rows", "auth/sessions", "auth/cleanup", "chat"},
	"ariga.io/atlas":              {"db"}, // writes migrations
	"github.com/mattn/go-sqlite3": {"db"},
	"github.com/jackc/pgx":        {"db"},
	"github.com/pressly/goose":    {"db"},
	"github.com/nats-io":          {"broker"},
	"github.com/prometheus":       {"server"},
	"github.com/rs/cors":          {"server"},
	"github.com/alecthomas/kong":  {"server"},
	"github.com/coder/websocket":  {},         // tests
	"go.uber.org/goleak":          {"broker"}, // its contract, and tests
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
		{"parley/graph", "parley/ent", "parley/graph imports parley/ent: graph may import only [auth auth/accounts auth/passwords auth/usernames chat db naming transport]"},
		{"parley/chat", "parley/auth", "parley/chat imports parley/auth: chat may import only [db ent meter naming]"},
		{"parley/chat", "github.com/golang-jwt/jwt/v5", "parley/chat imports github.com/golang-jwt/jwt/v5: it lives only in [auth/tokens]"},
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
		if other := roomOf(imported); other != "" && other != room && !slices.Contains(mayImport[room], other) {
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
