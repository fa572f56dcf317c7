package server

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
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
			talk := &talk{t: t, server: newServer(t), known: map[string]string{}, streams: map[string]*socket{}}
			for i, line := range strings.Split(string(text), "\n") {
				if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
					talk.play(fmt.Sprintf("%s:%d", file, i+1), line)
				}
			}
		})
	}
}

type talk struct {
	t       *testing.T
	server  *testServer
	known   map[string]string
	streams map[string]*socket
	last    answer
	heard   bool // the last answer was of a request
}

func (k *talk) play(where, line string) {
	at := strings.IndexAny(line, "><~!")
	if at < 0 {
		k.t.Fatalf("%s: cannot read %q", where, line)
	}
	who, what := line[:at], strings.TrimSpace(line[at+1:])
	switch line[at] {
	case '>':
		k.last, k.heard = k.server.ask(k.known[who], k.fill(what)), true
	case '~':
		k.follow(who, k.fill(what))
	case '!':
		if k.last.code() != what {
			k.t.Errorf("%s: got %s, want %s", where, k.last.Body, what)
		}
		k.heard = false
	case '<':
		got := k.last.Data
		if !k.heard {
			got = k.next(who)
		}
		k.heard = false
		k.compare(where, got, what)
	}
}

func (k *talk) fill(text string) string {
	for name, value := range k.known {
		text = strings.ReplaceAll(text, `"$`+name+`"`, `"`+value+`"`)
	}
	return text
}

func (k *talk) follow(who, document string) {
	s := k.server.dial(k.known[who])
	s.expect("connection_ack")
	s.subscribe("1", document, nil)
	k.streams[who] = s
}

// next answers the data of the next event of somebody's stream.
func (k *talk) next(who string) json.RawMessage {
	s := k.streams[who]
	if s == nil {
		k.t.Fatalf("%s follows nothing", who)
	}
	m := s.expect("next")
	var payload struct{ Data json.RawMessage }
	if err := json.Unmarshal(m.Payload, &payload); err != nil {
		k.t.Fatal(err)
	}
	return payload.Data
}

func (k *talk) compare(where string, got json.RawMessage, want string) {
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		k.t.Fatalf("%s: got %s (%s)", where, got, k.last.Body)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		k.t.Fatalf("%s: %v", where, err)
	}
	if !k.same(g, w) {
		k.t.Errorf("%s: got %s, want %s", where, got, want)
	}
}

func (k *talk) same(got, want any) bool {
	switch want := want.(type) {
	case string:
		name, ok := strings.CutPrefix(want, "$")
		text, isText := got.(string)
		if ok && isText {
			if known, twice := k.known[name]; twice && name != "any" {
				return known == text
			}
			k.known[name] = text
			return true
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(want) {
			return false
		}
		for key, value := range want {
			if inner, ok := g[key]; !ok || !k.same(inner, value) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(want) {
			return false
		}
		for i := range want {
			if !k.same(g[i], want[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(got, want)
}
