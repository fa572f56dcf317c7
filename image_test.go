package tools

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestImageHasAllRooms holds .dockerignore, which lets through what it names and nothing else, against the folders that
// the binary is built from. Nothing else here builds the image with Docker.
func TestImageHasAllRooms(t *testing.T) {
	ignore, err := os.ReadFile(".dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./cmd/parley").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	rooms := 0
	for pkg := range strings.Lines(string(out)) {
		path, ours := strings.CutPrefix(strings.TrimSpace(pkg), "parley/")
		if !ours {
			continue
		}
		rooms++
		if room, _, _ := strings.Cut(path, "/"); !letsThrough(string(ignore), room) {
			t.Errorf("the image is built without %s: .dockerignore has no line for %q", path, room)
		}
	}
	if rooms == 0 {
		t.Error("the binary is built from nothing")
	}
}

// letsThrough says whether a line begins with the folder.
func letsThrough(ignore, folder string) bool {
	for line := range strings.Lines(ignore) {
		if name, again := strings.CutPrefix(strings.TrimSpace(line), "!"); again && within(name, folder) {
			return true
		}
	}
	return false
}

// TestImageLacks shows that the check can fail.
func TestImageLacks(t *testing.T) {
	const ignore = "*\n!go.mod\n!chat\n!web/*.go\n"
	for folder, want := range map[string]bool{"chat": true, "web": true, "auth": false, "go": false, "cha": false} {
		if got := letsThrough(ignore, folder); got != want {
			t.Errorf("%s: %v, want %v", folder, got, want)
		}
	}
}
