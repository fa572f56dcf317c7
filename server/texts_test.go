package server

import (
	"fmt"
	"strings"
	"testing"
)

// Strings of GraphQL say the same wherever they stand, and what they say is stored.
func TestTextsAreStoredAsWritten(t *testing.T) {
	s := newServer(t, "--send-rate=0")
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	for text, want := range map[string]string{
		"\"\"\"first\n    second\n      third\"\"\"": "first\nsecond\n  third",
		"\"\"\"\r\n  a\r\n\r\n    b\r\n\"\"\"":       "a\n\n  b",
		`"""😀 \""" "quoted" \ud800"""`:               `😀 """ "quoted" \ud800`,
		`"\uD83D\uDE00 \u{1F600} \\ud800"`:           `😀 😀 \ud800`,
	} {
		for _, document := range []string{
			`mutation { sendChat(room: "general", text: ` + text + `) { text } }`,
			`mutation ($text: String! = ` + text + `) { sendChat(room: "general", text: $text) { text } }`,
		} {
			for range 2 { // the second time the document is known
				var data struct{ SendChat struct{ Text string } }
				s.must(&data, ann, document)
				if data.SendChat.Text != want {
					t.Errorf("%s: %q, want %q", document, data.SendChat.Text, want)
				}
			}
		}
	}
}

// Half a surrogate pair is no text: a syntax error where GraphQL is written, and a malformed request where JSON is. Go would
// read U+FFFD, and something else would be stored than was sent.
func TestHalfPairsAreRefused(t *testing.T) {
	s := newServer(t, roomy()...)
	const byName, echo = `"query":"query ($s: String!) { __type(name: $s) { name } }","variables":{"s":"%s"}`, `"query":"{ __type(name: \"%s\") { name } }"`
	const malformed, syntax, none = `"REQUEST_MALFORMED"`, `"GRAPHQL_PARSE_FAILED"`, `{"data":{"__type":null}}`
	bodies := map[string]string{
		fmt.Sprintf(byName, `\ud83d\ude00 \\ud800 \uFFFD`): none,
		fmt.Sprintf(echo, `\ud83d\ude00`):                  none,
		fmt.Sprintf(echo, `\\ud83d\\uDE00 \\\\ud800`):      none,
	}
	for _, half := range []string{`\ud800`, `\uDFFF`, `a\uDBFFb`, `\ude00\ud83d`, `\ud83d\u0041`, `\ud83d\\ude00`, `\\\ud83d`, `\ud83d\ud83d\ude00`} {
		bodies[fmt.Sprintf(byName, half)] = malformed
		bodies[fmt.Sprintf(echo, strings.ReplaceAll(half, `\`, `\\`))] = syntax
	}
	bodies[`"query":"{ __typename }","extensions":{"x":["\ud800"]}`] = malformed
	bodies[`"query":"{ __typename }","variables":{"\ud800":1}`] = malformed
	for way, send := range persistedWays {
		for body, want := range bodies {
			if said := send(s, "{"+body+"}"); !strings.Contains(said, want) {
				t.Errorf("%s, %s: %s, want %s", way, body, said, want)
			}
		}
	}
	for way, send := range persistedWays {
		if way != "GET" { // whose query is no JSON
			if said := send(s, `{"query":"{ __typename } # \ud800"}`); !strings.Contains(said, malformed) {
				t.Errorf("%s: %s", way, said)
			}
		}
	}
}

// On a socket it is the end of that operation only, unless nobody can tell which that would be.
func TestHalfPairsOnASocket(t *testing.T) {
	s := newServer(t, roomy()...)
	ann, _ := s.register("ann")
	cut := func(id string) string {
		return `> {"id":"` + id + `","type":"subscribe","payload":{"query":"query($s: String!) { __type(name: $s) { name } }","variables":{"s":"\ud83d"}}}` + "\n"
	}
	s.play(ann, []rule{
		{"a stream lives on, and the id is free", following + "! one\n" + heard("one") + cut("2") + "e 2 BAD_USER_INPUT\n" + cut("2") + "e 2 BAD_USER_INPUT\n" + "! two\n" + heard("two")},
		{"an id in use: 4409", following + cut("1") + "x 4409"},
		{"no id: 4400", signedIn + cut("") + "x 4400"},
		{"before init: 4401", cut("1") + "x 4401"},
		{"in an id: 4400", signedIn + cut(`\ud800`) + "x 4400"},
		{"in a type: 4400", `> {"type":"\ud800"}` + "\nx 4400"},
		{"in connection_init: 4400", `> {"type":"connection_init","payload":{"x":"\udead"}}` + "\nx 4400"},
		{"a whole pair in connection_init", `> {"type":"connection_init","payload":{"x":"\ud83d\ude00\\udead"}}` + "\n" + `< {"type":"connection_ack"}`},
	})
}
