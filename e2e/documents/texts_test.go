package documents

import (
	"fmt"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// Strings of GraphQL say the same wherever they stand, and what they say is stored.
func TestTextsAreStoredAsWritten(t *testing.T) {
	s := harness.New(t, "--send-rate=0")
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
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
				s.Must(&data, ann, document)
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
	s := harness.New(t, harness.NoLimits()...)
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
