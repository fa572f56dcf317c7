package streams

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/talks"
)

// TestTalks plays the talks in testdata against the real server. A talk is a file that anyone can
// read:
//
//	# a remark
//	ann> mutation { sendChat(room: "general", text: "hi") { number } }    what ann asks, over HTTP
//	ann< {"sendChat":{"number":1}}                                        the data she gets
//	ann! ROOM_NAME_TAKEN                                                  or the code of the error
//	bob~ subscription { chatSent(room: "general") { text } }              what bob follows, over a WebSocket
//	bob< {"chatSent":{"text":"hi"}}                                       the next event of his stream
//
// In what is expected, "$name" takes any value and remembers it; later requests may use it. Who has
// a token remembered under their own name sends it.
func TestTalks(t *testing.T) {
	files, err := filepath.Glob("testdata/*.talk")
	if err != nil || len(files) == 0 {
		t.Fatal("no talks", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			talk := &talks.Talk{T: t, Server: harness.New(t), Known: map[string]string{}, Streams: map[string]*harness.Socket{}}
			for i, line := range strings.Split(string(text), "\n") {
				if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
					talk.Play(fmt.Sprintf("%s:%d", file, i+1), line)
				}
			}
		})
	}
}
