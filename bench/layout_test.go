package bench

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport says which folders of this module each of them may import besides itself.
var mayImport = map[string][]string{
	"report":         {},
	"process":        {},
	"client":         {},
	"load":           {"client", "process", "report"},
	"suite":          {"client", "load", "process", "report"},
	"suite/archive":  {"client", "load", "process", "report", "suite"},
	"suite/members":  {"client", "load", "process", "report", "suite"},
	"suite/requests": {"client", "load", "process", "report", "suite"},
	"suite/sends":    {"client", "load", "process", "report", "suite"},
	"suite/streams":  {"client", "load", "process", "report", "suite"},
	"parleybench": {
		"client", "load", "process", "report",
		"suite", "suite/archive", "suite/members", "suite/requests", "suite/sends", "suite/streams",
	},

	// What Parley is measured against: the only folders that know the server's code or a library of its kind.
	"baseline":         {"baseline/backing", "baseline/crowd", "baseline/stock"},
	"baseline/backing": {},
	"baseline/crowd":   {},
	"baseline/stock":   {},
}

// TestWhoImportsWhom compares what the go command says with the table. The load generator is a client like any
// other: it imports nothing of the server, and nothing but the standard library, UUIDs, and what ends the servers
// with it.
func TestWhoImportsWhom(t *testing.T) {
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

// TestTableRefuses shows that the check can fail.
func TestTableRefuses(t *testing.T) {
	for _, c := range []struct{ pkg, imports, want string }{
		{"parley/bench/client", "parley/bench/load", "client imports parley/bench/load"},
		{"parley/bench/load", "parley/chat", "load imports parley/chat"},
		{"parley/bench/suite/sends", "github.com/gobwas/ws", "suite/sends imports github.com/gobwas/ws"},
		{"parley/bench/kitchen", "fmt", "kitchen is not in the table"},
	} {
		if got := wrongImports(c.pkg, []string{c.imports}); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s → %s: got %q, want %q", c.pkg, c.imports, got, c.want)
		}
	}
}

func wrongImports(pkg string, imports []string) (wrong []string) {
	folder := strings.TrimPrefix(pkg, "parley/bench/")
	if folder == "parley/bench" {
		return nil // this file
	}
	allowed, known := mayImport[folder]
	if !known {
		return []string{folder + " is not in the table"}
	}
	for _, imported := range imports {
		other, ours := strings.CutPrefix(imported, "parley/bench/")
		first, _, _ := strings.Cut(imported, "/")
		switch {
		case ours && slices.Contains(allowed, other):
		case !ours && first != "parley" && !strings.Contains(first, "."): // the standard library
		case imported == "github.com/google/uuid", imported == "parley/children":
		case !ours && strings.HasPrefix(folder, "baseline"):
		default:
			wrong = append(wrong, folder+" imports "+imported)
		}
	}
	return wrong
}
