package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestSuite runs all parts against the real server, too short for the figures to mean anything:
// what must hold is that nothing is wrong and every target is judged.
func TestSuite(t *testing.T) {
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "parley/cmd/parley", "../baseline")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	code, stdout, stderr := bench(t, "suite", "-json", "-parley", filepath.Join(bin, "parley"),
		"-baseline", filepath.Join(bin, "baseline"), "-rounds", "1", "-round", "200ms", "-clients", "4",
		"-subscribers", "10") // without -dir: Postgres does not get into t.TempDir
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
	if judged != 34 || len(r.Problems) != 0 {
		t.Errorf("%d targets judged, want 34; problems %q", judged, r.Problems)
	}
}
