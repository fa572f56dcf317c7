package syntax

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// A literal is what stands in a document, and the text it means; nil: it is none.
type literal struct {
	written string
	value   *string
}

// referenceLiterals are what graphql-js reads (web/test/literals.mjs).
func referenceLiterals(t testing.TB) []literal {
	t.Helper()
	raw, err := os.ReadFile("testdata/literals.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows [][2]*string
	if err := json.Unmarshal(raw, &rows); err != nil {
		t.Fatal(err)
	}
	literals := make([]literal, 0, len(rows))
	for _, row := range rows {
		literals = append(literals, literal{*row[0], row[1]})
	}
	return literals
}

// Whatever graphql-js reads in a literal is read here, and what it takes for none is none.
func TestLiteralsAreThoseOfTheReference(t *testing.T) {
	for _, l := range referenceLiterals(t) {
		doc, err := Parse("{ node(id: "+l.written+") { id } }", 0)
		switch {
		case l.value == nil && err == nil:
			t.Errorf("%q is taken", l.written)
		case l.value != nil && err != nil:
			t.Errorf("%q: %v", l.written, err)
		case l.value != nil:
			if got := doc.Operations[0].SelectionSet[0].(*ast.Field).Arguments[0].Value.Raw; got != *l.value {
				t.Errorf("%q is %q, want %q", l.written, got, *l.value)
			}
		}
	}
}

// positions are where a literal may stand in a document; of a description and of a comment nobody reads the value.
var positions = map[string]string{
	"argument":                `{ node(id: %s) { id } }`,
	"second argument":         `{ a: node(id: """ ü """) { id } node(id: %s) { id } }`,
	"in a list":               `{ nodes(ids: ["ü", """x""", %s]) { id } }`,
	"default of a variable":   `query ($id: ID! = %s) { node(id: $id) { id } }`,
	"default in a list":       `query ($ids: [ID!]! = [%s]) { nodes(ids: $ids) { id } }`,
	"in a fragment":           `# """ " é` + "\n" + `{ ...F } fragment F on Query { ... { node(id: %s) { id } } }`,
	"below a field":           `{ rooms { nodes { chats(after: %s) { nodes { id } } } } }`,
	"of a directive":          `{ node(id: "") @unknown(x: {y: [%s]}) { id } }`,
	"of a variable's":         `query ($id: ID! @unknown(x: %s)) { node(id: $id) { id } }`,
	"of an operation's":       `query @unknown(x: %s) { server { version } }`,
	"of a fragment's":         `{ ...F } fragment F on Query @unknown(x: %s) { server { version } }`,
	"of a spread's":           `{ ...F @unknown(x: %s) } fragment F on Query { server { version } }`,
	"of an inline fragment's": `{ ... @unknown(x: %s) { server { version } } }`,
	"description":             `%s query Named { server { version } }`,
	"comment":                 "# %s\n" + `{ server { version } }`,
}

// A text is the same wherever it stands, and half a surrogate pair is an error wherever it stands.
func TestLiteralsEverywhere(t *testing.T) {
	const block, want = "\"\"\"é\r\n    b\n      c\"\"\"", "é\nb\n  c"
	for name, position := range positions {
		doc, err := Parse(fmt.Sprintf(position, block), 0)
		if err != nil {
			if name == "comment" { // its line ends in the block string
				continue
			}
			t.Fatalf("%s: %v", name, err)
		}
		raw, _ := json.Marshal(doc)
		quoted, _ := json.Marshal(want)
		if name != "description" && !strings.Contains(string(raw), string(quoted)) {
			t.Errorf("%s: %s", name, raw)
		}
		for _, half := range []string{`"\uD800"`, `"\udc00"`, `"\u{D800}"`, `"x\\\uDE00\uD83D"`} {
			if _, err := Parse(fmt.Sprintf(position, half), 0); (err == nil) != (name == "comment") {
				t.Errorf("%s: %s returns %v", name, half, err)
			}
		}
		for _, whole := range []string{`"\uD83D\uDE00"`, `"\\uD800"`, `"\"\\\\uD800"`} {
			if _, err := Parse(fmt.Sprintf(position, whole), 0); err != nil {
				t.Errorf("%s: %s returns %v", name, whole, err)
			}
		}
	}
}

// Whatever gqlparser reads is read again without a panic; texts stay UTF-8, and U+FFFD, which stands for what cannot be
// read, is in a value only when it was sent.
func FuzzLiterals(f *testing.F) {
	for _, l := range referenceLiterals(f)[:50] {
		f.Add("{ node(id: " + l.written + ") { id } }")
	}
	for _, position := range positions {
		f.Add(fmt.Sprintf(position, `"""é `+"\n"+` \""" """`))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) { // never comes so far
			return
		}
		doc, err := Parse(text, 100)
		if err != nil {
			return
		}
		raw, _ := json.Marshal(doc)
		if sent := strings.Contains(strings.ToLower(text), "fffd") || strings.ContainsRune(text, utf8.RuneError); !sent && strings.ContainsRune(string(raw), utf8.RuneError) {
			t.Fatalf("%q is %s", text, raw)
		}
	})
}

// BenchmarkLiterals is what it costs to read strings again, beside gqlparser alone, where it costs most.
func BenchmarkLiterals(b *testing.B) {
	for name, text := range map[string]string{
		"none":    `query ($room: ID!) { chats(room: $room) { nodes { id number username text createdAt } syncCursor } }`,
		"escapes": `{ nodes(ids: ["` + strings.Repeat(`\uD83D\uDE00`, 2000) + `"]) { id } }`,
		"lines":   `{ nodes(ids: ["""` + strings.Repeat("  a line of text\n", 2000) + `"""]) { id } }`,
		"many":    `{ nodes(ids: [` + strings.Repeat(`"""é"""`+" ", 900) + `]) { id } }`,
	} {
		b.Run(name+"/parley", func(b *testing.B) {
			for b.Loop() {
				if _, err := Parse(text, 1000); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/gqlparser", func(b *testing.B) {
			for b.Loop() {
				if _, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, 1000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The error says where, as gqlparser's do: lines by any of the three ends, columns in code points.
func TestBadStringsHaveAPlace(t *testing.T) {
	for document, want := range map[string][2]int{
		`{ node(id: "\uD800") { id } }`:                     {1, 13},
		"# \"é\r\n{\r\tnode(id: \"é\\n\\uDFFF\") { id }\n}": {3, 15},
		"{ nodes(ids: [\"\"\"é\n  x\"\"\"\"]) { id } }":     {2, 7},
	} {
		_, err := Parse(document, 0)
		var wrong *gqlerror.Error
		if !errors.As(err, &wrong) || len(wrong.Locations) != 1 {
			t.Errorf("%q: %v", document, err)
			continue
		}
		if got := wrong.Locations[0]; got.Line != want[0] || got.Column != want[1] {
			t.Errorf("%q: %+v, want %v", document, got, want)
		}
	}
}
