package data

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// A client does not notice that its server's data has moved.
func TestMovedDataServesTheSameClients(t *testing.T) {
	from, to := harness.DataDir(t), harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, from))
	access, refresh := s.Register("ann")
	s.Must(nil, access, `mutation { createRoom(name: "general") { id } }`)
	const id = "6b7f8a52-5a1c-4a8e-9d0e-0a1b2c3d4e5f"
	s.Must(nil, access, `mutation { sendChat(room: "general", text: "one", id: "`+id+`") { number } }`)
	var page struct{ Chats struct{ SyncCursor string } }
	s.Must(&page, access, `{ chats(room: "general") { syncCursor } }`)
	s.Must(nil, access, `mutation { sendChat(room: "general", text: "two") { number } }`)
	file := filepath.Join(t.TempDir(), "x")
	flags := func(dir string) []string { return append([]string{"--data", dir}, harness.DatabaseFlags(t, dir)...) }
	if status, stdout, stderr := harness.Command(append(flags(from), "export", file)...); status != 0 || !strings.Contains(stdout, "2 chats") {
		t.Fatal(status, stdout, stderr)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr := harness.Command(append(flags(to), "import", file)...); status != 0 || !strings.Contains(stdout, "2 chats") {
		t.Fatal(status, stdout, stderr)
	}
	keys, err := os.ReadFile(filepath.Join(from, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "keys.json"), keys, 0o600); err != nil {
		t.Fatal(err)
	}
	s = harness.Start(t, harness.Config(t, to))
	var after struct {
		Chats struct{ Nodes []struct{ Text string } }
	}
	s.Must(&after, access, `query($c: Cursor!) { chats(room: "general", after: $c) { nodes { text } } }`, map[string]any{"c": page.Chats.SyncCursor})
	if len(after.Chats.Nodes) != 1 || after.Chats.Nodes[0].Text != "two" {
		t.Errorf("behind the cursor: %+v", after)
	}
	var again struct{ SendChat struct{ Number int } }
	s.Must(&again, access, `mutation { sendChat(room: "general", text: "one", id: "`+id+`") { number } }`)
	if again.SendChat.Number != 1 {
		t.Errorf("the same send again is chat %d", again.SendChat.Number)
	}
	s.Must(nil, "", `mutation { refreshToken(token: "`+refresh+`") { accessToken } }`)
}

func TestMovingRefusesInOneLine(t *testing.T) {
	dir, file := harness.DataDir(t), filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(file, []byte("mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"no such file":    {"--data", dir, "export"},
		"already":         {"--data", dir, "export", file},
		"line 1":          {"--data", dir, "import", file},
		"no such file or": {"--data", dir, "import", file + "y"},
	} {
		status, stdout, stderr := harness.Command(args...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, %q, %q; want %s", args, status, stdout, stderr, want)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the data directory is there")
	}
}

// A reader of stdout that goes away ends the export with one line.
func TestExportIntoAClosedPipe(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
	s.Register("ann")
	args := append([]string{"--data", dir}, harness.DatabaseFlags(t, dir)...)
	export := exec.Command(os.Args[0], append(args, "export")...)
	export.Env = append(os.Environ(), harness.RunAsServer+"=1")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	export.Stdout, export.Stderr = w, &stderr
	err = export.Run()
	_ = w.Close()
	if export.ProcessState.ExitCode() != 1 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), "broken pipe") {
		t.Errorf("%v, %q", err, stderr.String())
	}
}
