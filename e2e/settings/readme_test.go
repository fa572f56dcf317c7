package settings

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/machine"
)

// TestReadmeWorksAsWritten copies the five minutes of the README into a shell, line by line.
func TestReadmeWorksAsWritten(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		machine.Lacks(t, err)
	}
	s := harness.New(t)
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		script.WriteString(strings.ReplaceAll(block[1], "127.0.0.1:8080", s.Addr))
	}
	// The stream runs in the background; it has said ": ok" before the first send.
	lines := strings.Split(strings.TrimSpace(script.String()), "\n")
	for i, line := range lines {
		if stream, ok := strings.CutSuffix(line, " &"); ok {
			lines[i] = "exec 3< <(exec " + stream + ")\nstream=$!\nread -r ok <&3; echo \"$ok\""
		}
	}
	lines = append(lines, `while read -r line <&3; do echo "$line"; case "$line" in data:*Hello*) kill $stream; exit 0;; esac; done`)
	out, err := exec.CommandContext(t.Context(), "bash", "-c", strings.Join(lines, "\n")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{
		`{"data":{"createRoom":{"id":"`, `"name":"general"}}}`, `"number":1}}}`,
		`data: {"data":{"chatSent":{"number":1,"username":"ada","text":"Hello","cursor":"`,
		`{"data":{"chats":{"nodes":[{"number":1,"username":"ada","text":"Hello"}],"syncCursor":"`,
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%s is not in what the shell showed:\n%s", want, out)
		}
	}
}
