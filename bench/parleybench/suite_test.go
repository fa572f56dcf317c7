package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSuite runs parts of the suite against the real server, too short for the figures to mean anything: what must hold
// is that nothing is wrong and every target is checked. ROUNDS=all runs all parts, with as many logins as the suite has;
// without it those on Postgres are left out, and with -short there is no server to measure.
func TestSuite(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts servers")
	}
	bin, all := t.TempDir(), os.Getenv("ROUNDS") == "all"
	compile(t, "../..", bin, "./cmd/parley")
	compile(t, "..", bin, "./baseline")
	args := []string{
		"suite", "-json", "-parley", filepath.Join(bin, "parley"), "-baseline", filepath.Join(bin, "baseline"),
		"-rounds", "1", "-round", "100ms", "-clients", "4", "-subscribers", "10",
	} // without -dir: Postgres does not get into t.TempDir
	want := 47
	if !all {
		args = append(args, "-logins", "8", "-run", strings.Join(withoutPostgres(), ","))
		want = 38
	}
	code, stdout, stderr := bench(t, args...)
	if code != 0 {
		t.Fatalf("exit status %d\n%s%s", code, stdout, stderr)
	}
	var r struct {
		Problems []string
		Targets  []struct{ Name, Wanted, Verdict string }
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v\n%s", err, stdout)
	}
	judged := 0
	for _, g := range r.Targets {
		if g.Wanted != "" && (g.Verdict == "PASS" || g.Verdict == "MISS") {
			judged++
		}
	}
	if judged != want || len(r.Problems) != 0 {
		t.Errorf("%d targets judged, want %d; problems %q", judged, want, r.Problems)
	}
}

// compile builds a program of the module in a folder.
func compile(t *testing.T, module, to, program string) {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", "build", "-C", module, "-o", to, program)
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}

// withoutPostgres are the parts for which a node needs nothing but itself.
func withoutPostgres() (names []string) {
	for _, name := range partNames() {
		switch name {
		case "postgres", "nodes", "removals", "moving":
		default:
			names = append(names, name)
		}
	}
	return names
}
