// Package talks plays conversations with a server that are written as text.
package talks

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// Talk is a conversation that is being played.
type Talk struct {
	T       *testing.T
	Server  *harness.Server
	Known   map[string]string
	Streams map[string]*harness.Socket
	last    harness.Answer
	heard   bool // the last answer was of a request
}

// Play plays a line.
func (k *Talk) Play(where, line string) {
	at := strings.IndexAny(line, "><~!")
	if at < 0 {
		k.T.Fatalf("%s: cannot read %q", where, line)
	}
	who, what := line[:at], strings.TrimSpace(line[at+1:])
	switch line[at] {
	case '>':
		k.last, k.heard = k.Server.Ask(k.Known[who], k.fill(what)), true
	case '~':
		k.follow(who, k.fill(what))
	case '!':
		if k.last.Code() != what {
			k.T.Errorf("%s: got %s, want %s", where, k.last.Body, what)
		}
		k.heard = false
	case '<':
		got := k.last.Data
		if !k.heard {
			got = k.next(who)
		}
		k.heard = false
		k.Compare(where, got, what)
	}
}

func (k *Talk) fill(text string) string {
	for name, value := range k.Known {
		text = strings.ReplaceAll(text, `"$`+name+`"`, `"`+value+`"`)
	}
	return text
}

func (k *Talk) follow(who, document string) {
	s := k.Server.Dial(k.Known[who])
	s.Expect("connection_ack")
	s.Subscribe("1", document, nil)
	k.Streams[who] = s
}

// next returns the data of the next event of somebody's stream.
func (k *Talk) next(who string) json.RawMessage {
	s := k.Streams[who]
	if s == nil {
		k.T.Fatalf("%s follows nothing", who)
	}
	m := s.Expect("next")
	var payload struct{ Data json.RawMessage }
	if err := json.Unmarshal(m.Payload, &payload); err != nil {
		k.T.Fatal(err)
	}
	return payload.Data
}

// Compare wants data to be as it is written.
func (k *Talk) Compare(where string, got json.RawMessage, want string) {
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		k.T.Fatalf("%s: got %s (%s)", where, got, k.last.Body)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		k.T.Fatalf("%s: %v", where, err)
	}
	if !k.same(g, w) {
		k.T.Errorf("%s: got %s, want %s", where, got, want)
	}
}

func (k *Talk) same(got, want any) bool {
	switch want := want.(type) {
	case string:
		name, ok := strings.CutPrefix(want, "$")
		text, isText := got.(string)
		if ok && isText {
			if known, twice := k.Known[name]; twice && name != "any" {
				return known == text
			}
			k.Known[name] = text
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
