package tools

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the plan: for each folder, the folders whose packages it may import besides itself and those in it.
// It is policy. Widen it in a commit of its own that says why; not to make a build pass.
var mayImport = map[string][]string{
	// Floor 1: of no other room.
	"audit":            {"meter"},  // records of who signs in and who is let in
	"ent":              {},         // rows, generated
	"limit":            {},         // rates and buckets by key
	"meter":            {},         // counters, of the standard library alone
	"naming":           {},         // what is an id and one network, and which scripts one name has
	"naming/codes":     {},         // codes of invites, and how long and often they let somebody in
	"naming/usernames": {"naming"}, // what is a username, and which are one
	"rights":           {},         // what people may do on the server, for all or not
	"rounds":           {},         // for tests: how often they repeat what chance decides
	"tuning":           {},         // collector and priorities of the process
	"web":              {},         // files, nothing else
	"children":         {},         // for tests: processes and folders that go when a test process does
	"machine":          {},         // for tests: what a machine may lack

	// Floor 2: the database.
	"db":                   {"ent"},                                                                          // the only room that knows a dialect
	"db/bulk":              {"ent"},                                                                          // statements over many rows
	"db/dbtest":            {"children", "ent", "machine"},                                                   // for tests
	"db/dbtest/lossyproxy": {"db/dbtest"},                                                                    // for tests
	"db/dbtest/migrated":   {"db", "db/dbtest"},                                                              // for tests
	"db/disk":              {},                                                                               // files: private, published when whole, and free space
	"db/failure":           {},                                                                               // the class of an error, of either driver
	"db/migrations":        {"db/failure", "db/waiting", "ent"},                                              // the schema of both kinds
	"db/migrations/diff":   {"db/dbtest", "ent"},                                                             // a command
	"db/migrations/hash":   {"db/migrations"},                                                                // a command
	"db/postgres":          {"db/failure", "db/migrations", "db/tables", "db/waiting"},                       // a database of Postgres
	"db/sqlite":            {"db/bulk", "db/disk", "db/failure", "db/migrations", "db/tables", "db/waiting"}, // a file of SQLite
	"db/tables":            {},                                                                               // whole tables, row by row
	"db/waiting":           {},                                                                               // what a start waits for

	// Floor 3: people, rooms and wires.
	"auth": {"naming"}, // knows no chat
	"auth/accounts": {
		"audit", "auth", "auth/attempts", "auth/bots", "auth/cleanup", "auth/invites", "auth/issuers", "auth/keys", "auth/passwords", "auth/rows",
		"auth/sessions", "auth/standing", "auth/subjects", "db", "ent", "limit", "naming", "naming/usernames", "rights",
	},
	"auth/attempts":           {"auth", "auth/passwords", "auth/rows", "db", "ent", "limit", "naming/usernames"},                                                             // how often a password may be tried
	"auth/bots":               {"auth", "auth/rows", "auth/sessions/recent", "db", "ent", "naming", "naming/usernames"},                                                      // whose tokens of bots are
	"auth/cleanup":            {"auth/rows", "ent", "limit"},                                                                                                                 // removes rows that decide nothing
	"auth/hashcost":           {},                                                                                                                                            // what a new hash costs; tests lower it
	"auth/invites":            {"auth", "ent", "naming", "naming/codes"},                                                                                                     // codes with which people make accounts
	"auth/issuers":            {"auth"},                                                                                                                                      // verifies tokens of other systems; knows no row
	"auth/issuers/issuertest": {},                                                                                                                                            // for tests: an issuer
	"auth/keys":               {"db/disk"},                                                                                                                                   // root secrets, and the file of them
	"auth/operator":           {"audit", "auth", "auth/invites", "auth/passwords", "auth/rows", "auth/sessions", "auth/standing", "db", "ent", "naming", "naming/usernames"}, // what the shell does to accounts
	"auth/passwords":          {"auth", "auth/hashcost", "naming/usernames", "tuning"},                                                                                       // hashes, and what a password may be
	"auth/rowcheck":           {"auth/attempts", "auth/issuers", "auth/passwords", "auth/sessions", "db/tables", "naming", "naming/codes", "naming/usernames"},               // for archive
	"auth/rows":               {"auth", "db", "ent"},                                                                                                                         // how sign-ins read and write
	"auth/sessions": {
		"audit", "auth", "auth/keys", "auth/rows", "auth/tokens", "db", "db/tables", "ent", "limit", "meter",
		"naming",
	},
	"auth/sessions/recent":       {"auth"},                                                                                                                          // what sessions were like a moment ago; knows no database
	"auth/standing":              {"auth", "ent", "rights"},                                                                                                         // server admins, and who is disabled
	"auth/subjects":              {"auth", "auth/issuers", "ent", "naming", "naming/usernames"},                                                                     // the rows of people of other systems
	"auth/tokens":                {"auth", "auth/keys"},                                                                                                             // signs and parses claims; knows no session
	"chat":                       {"audit", "db", "ent", "limit", "meter", "naming", "rights"},                                                                      // knows no auth: who calls is a parameter
	"chat/access":                {"chat/texts", "ent", "naming", "rights"},                                                                                         // who may do what in a room
	"chat/arguments":             {"chat/texts", "naming"},                                                                                                          // what is wrong with arguments, for all rooms
	"chat/background":            {},                                                                                                                                // rounds of what is left to do
	"chat/blocks":                {"chat/access", "chat/arguments", "chat/direct", "chat/limits", "chat/members", "ent"},                                            // whom people want nothing from
	"chat/direct":                {"chat/access", "chat/arguments", "chat/members", "chat/roomlog", "chat/texts", "ent", "rights"},                                  // conversations of a few
	"chat/enrol":                 {"chat/background", "chat/members", "db", "ent"},                                                                                  // who was there before members were kept
	"chat/follow":                {"chat/background", "chat/roomlog", "ent"},                                                                                        // reading on, once for all who follow a room
	"chat/follow/logtest":        {},                                                                                                                                // for tests
	"chat/invites":               {"audit", "chat/access", "chat/arguments", "chat/limits", "chat/members", "chat/roomlog", "ent", "naming", "naming/codes"},        // codes that let people in
	"chat/limits":                {"limit"},                                                                                                                         // rates of people and rooms
	"chat/members":               {"audit", "chat/access", "chat/arguments", "chat/background", "chat/limits", "chat/roomlog", "chat/texts", "db", "ent", "rights"}, // who is in, and as what
	"chat/mentions":              {"chat/access", "chat/roomlog", "db", "ent", "naming/usernames"},                                                                  // who is named in a text
	"chat/pages":                 {"chat/access", "chat/arguments", "chat/members", "chat/roomlog", "chat/texts", "db", "ent", "naming"},                            // reads rooms and chats for whoever asks
	"chat/reactions":             {"chat/access", "chat/arguments", "chat/limits", "chat/members", "chat/roomlog", "chat/texts", "ent", "naming"},                   // emoji on chats
	"chat/replies":               {"chat/access", "chat/arguments", "chat/pages", "chat/roomlog", "db", "ent"},                                                      // which chats answer which
	"chat/purge":                 {"chat/background", "db", "ent"},                                                                                                  // knows rows and no callers
	"chat/queue":                 {"chat/access", "chat/arguments", "chat/members", "chat/mentions", "chat/roomlog", "db", "ent", "meter"},                          // asks who may
	"chat/readers":               {"chat/access", "chat/background", "chat/follow", "chat/roomlog", "db", "ent", "meter"},
	"chat/reads":                 {"chat/access", "chat/limits", "chat/members", "chat/pages", "chat/roomlog", "db", "ent", "naming"},
	"chat/roomlog":               {"chat/access", "db", "ent"},                                                                              // knows nobody: the log, and what it is about
	"chat/roomlog/logcheck":      {"chat/mentions", "chat/roomlog", "db/tables", "ent"},                                                     // for archive
	"chat/rooms":                 {"audit", "chat/access", "chat/arguments", "chat/members", "chat/roomlog", "chat/texts", "ent", "rights"}, // what makes and changes rooms
	"chat/rowcheck":              {"chat/access", "chat/texts", "db/tables", "ent", "naming", "naming/codes"},
	"chat/signals":               {"chat/access", "chat/arguments", "chat/follow", "chat/roomlog", "chat/texts", "db", "limit", "meter"}, // who types and reads, told and not stored
	"chat/texts":                 {"naming"},                                                                                             // what names and texts may be
	"transport":                  {"limit", "meter"},                                                                                     // knows gqlgen; nothing of chat, auth or rows
	"transport/admission":        {"limit", "meter", "naming", "transport/refusal", "transport/safe"},
	"transport/budget":           {},
	"transport/operation":        {"meter", "transport/budget", "transport/refusal", "transport/stream", "transport/wire"},
	"transport/refusal":          {},
	"transport/safe":             {},
	"transport/stream":           {"meter", "transport/safe", "transport/wire"}, // no socket and no HTTP
	"transport/stream/execution": {"transport/stream/window"},                   // what resolvers and feeds know of each other
	"transport/stream/fair":      {"transport/safe"},
	"transport/stream/quota":     {"transport/stream/fair", "transport/stream/window"}, // what people's streams take
	"transport/stream/window":    {},                                                   // values
	"transport/wire":             {"transport/refusal"},
	"transport/ws": {
		"limit", "meter", "transport/admission", "transport/budget", "transport/operation", "transport/refusal",
		"transport/safe", "transport/stream", "transport/wire",
	},
	"transport/ws/frame":  {"transport/budget", "transport/wire"},
	"transport/ws/intake": {"limit"}, // Floor 4: between nodes.

	// Floor 4: between nodes.
	"broker":            {"chat"}, // the notifier serves the rooms, not the other way
	"broker/brokertest": {"chat"}, // the contract of notifiers, for tests
	"broker/natstest":   {},       // for tests

	// Floor 5: what clients call, and a database as a whole.
	"graph": { // of db only the classes of errors; never a row
		"auth", "auth/accounts", "auth/bots", "auth/invites", "auth/passwords", "chat", "chat/access", "chat/invites", "chat/members", "chat/pages",
		"chat/roomlog", "db", "naming", "naming/usernames", "rights", "transport", "transport/budget", "transport/operation",
		"transport/stream", "transport/stream/execution",
	},
	"graph/objects": { // what objects lead to, read once for lists of them
		"auth", "auth/accounts", "chat", "chat/access", "chat/invites", "chat/members", "chat/mentions", "chat/pages", "chat/reactions",
		"chat/roomlog", "db", "graph/caller", "graph/fields", "graph/generated", "graph/together", "transport/stream/execution",
	},
	"graph/subscriptions": { // shows transport the logs of rooms
		"chat", "chat/follow", "chat/readers", "chat/roomlog", "graph/caller", "graph/document", "graph/failures", "graph/scalar",
		"transport/stream",
	},
	"graph/failures":        {"auth", "chat", "db", "graph/document", "graph/generated", "graph/scalar", "transport/budget"}, // what clients are told of errors
	"graph/document":        {},                                                                                              // knows a schema; no people, no rooms
	"graph/document/syntax": {"transport/wire"},                                                                              // knows no schema
	"graph/fields":          {"chat", "chat/mentions", "chat/texts", "graph/document", "naming", "naming/usernames"},         // tables of what is known of fields
	"graph/generated": {
		"auth", "chat", "chat/access", "chat/invites", "chat/members", "chat/mentions", "chat/pages", "chat/reactions", "chat/roomlog", "graph/lean", "graph/scalar", "rights",
	},
	"graph/caller":       {"auth", "chat"}, // who calls
	"graph/together":     {"auth"},         // reads below lists once for all
	"graph/lean":         {},
	"graph/lean/rewrite": {},
	"graph/scalar":       {"graph/document/syntax"},
	"archive":            {"auth/rowcheck", "chat/roomlog/logcheck", "chat/rowcheck", "db", "db/disk", "db/tables"}, // a database as a whole; knows no dialect

	// Floor 6: the server.
	"server": { // wires the rooms together
		"auth", "auth/accounts", "auth/issuers", "auth/keys", "auth/operator", "auth/passwords", "auth/sessions", "broker", "chat", "db", "db/waiting",
		"graph", "graph/document", "graph/failures", "limit", "transport", "tuning", "web",
	},
	"server/edge":     {"meter", "server/settings", "transport/admission"}, // what stands before the routes
	"server/logs":     {},
	"server/metrics":  {"auth/accounts", "broker", "chat", "db", "meter", "server/logs", "transport"}, // reads what they count
	"server/settings": {"auth", "auth/issuers", "chat", "graph", "rights", "transport/admission"},     // of other rooms only bounds

	// Floor 7: the binary.
	"cmd/parley":         {},                                                                                                                  // the binary
	"cmd/parley/command": {"archive", "auth", "auth/invites", "auth/keys", "auth/operator", "db", "server", "server/logs", "server/settings"}, // what can be typed

	// For others to copy.
	"examples": {}, // bots, which know the server by its API

	// Tests from outside.
	"e2e": {}, // areas hold tests alone, and import what they like
	"e2e/harness": {
		"auth/hashcost", "auth/keys", "children", "cmd/parley/command", "db", "db/dbtest", "db/dbtest/migrated", "graph", "graph/failures",
		"server", "server/settings",
	},
	"e2e/harness/forge":   {"e2e/harness"},
	"e2e/harness/frames":  {"e2e/harness"},
	"e2e/harness/load":    {"e2e/harness"},
	"e2e/harness/network": {"children", "machine"},
	"e2e/harness/talks":   {"e2e/harness"},
	"e2e/harness/writers": {"db", "db/dbtest", "e2e/harness"},
}

// homeOf says which packages import each technology. No other does.
var homeOf = map[string][]string{
	"github.com/99designs/gqlgen": {"graph", "graph/document", "graph/failures", "graph/generated", "graph/lean", "graph/objects", "graph/scalar", "graph/subscriptions", "transport", "transport/operation", "transport/stream", "transport/wire", "transport/ws"},
	"github.com/vektah/gqlparser": {"graph", "graph/document", "graph/document/syntax", "graph/failures", "graph/generated", "graph/lean", "graph/subscriptions", "transport", "transport/operation", "transport/refusal", "transport/stream", "transport/wire", "transport/ws", "transport/ws/frame"},
	"github.com/gobwas/ws":        {"transport/ws", "transport/ws/frame"},
	"github.com/golang-jwt/jwt":   {"auth/issuers", "auth/issuers/issuertest", "auth/tokens"},
	"github.com/MicahParks":       {"auth/issuers"},                                               // JWK Sets
	"golang.org/x/crypto":         {"auth/passwords"},                                             // argon2
	"golang.org/x/text":           {"auth/passwords", "chat/texts", "naming", "naming/usernames"}, // PRECIS, normal forms
	"golang.org/x/net":            {"transport/admission"},                                        // IDNA
	"entgo.io/ent":                {"auth/accounts", "auth/attempts", "auth/cleanup", "auth/rows", "auth/sessions", "chat", "chat/access", "chat/enrol", "chat/mentions", "chat/pages", "chat/purge", "chat/reactions", "chat/readers", "chat/replies", "chat/roomlog", "db", "db/bulk", "db/migrations/diff", "db/sqlite", "ent"},
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

// TestImportsGoDown asks the go command who imports whom and compares it with the plan.
func TestImportsGoDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, bad := range wrongImports(pkg, strings.Fields(imports)) {
			t.Error(bad)
		}
	}
}

// TestPlanRefuses shows that the check can fail: an import upwards, and a technology out of its home.
func TestPlanRefuses(t *testing.T) {
	for _, c := range []struct{ pkg, imports, want string }{
		{"parley/graph/document/syntax", "parley/ent", "parley/graph/document/syntax imports parley/ent: graph/document/syntax may import only [transport/wire]"},
		{"parley/chat/texts", "parley/auth", "parley/chat/texts imports parley/auth: chat/texts may import only [naming]"},
		{"parley/chat", "github.com/golang-jwt/jwt/v5", "parley/chat imports github.com/golang-jwt/jwt/v5: it lives only in [auth/issuers auth/issuers/issuertest auth/tokens]"},
		{"parley/graph/lean", "parley/chat", "parley/graph/lean imports parley/chat: graph/lean may import only []"},
		{"parley/kitchen", "fmt", "parley/kitchen is in no row of the plan"},
	} {
		if got := wrongImports(c.pkg, []string{c.imports}); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s → %s: got %q, want %q", c.pkg, c.imports, got, c.want)
		}
	}
}

func wrongImports(pkg string, imports []string) (wrong []string) {
	row := rowOf(pkg)
	if row == "" {
		if pkg == "parley" {
			return nil // this file
		}
		return []string{pkg + " is in no row of the plan"}
	}
	for _, imported := range imports {
		if other := rowOf(imported); other != "" && !within(other, row) && !slices.Contains(mayImport[row], other) {
			wrong = append(wrong, pkg+" imports "+imported+": "+row+" may import only "+list(mayImport[row]))
		}
		for technology, homes := range homeOf {
			if within(imported, technology) && !slices.Contains(homes, row) {
				wrong = append(wrong, pkg+" imports "+imported+": it lives only in "+list(homes))
			}
		}
	}
	return wrong
}

// rowOf returns the longest folder of the plan that a package lies in.
func rowOf(pkg string) (row string) {
	for candidate := range mayImport {
		if within(pkg, "parley/"+candidate) && len(candidate) > len(row) {
			row = candidate
		}
	}
	return row
}

func within(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

func list(folders []string) string { return "[" + strings.Join(folders, " ") + "]" }
