package wire

import (
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Operations that show the same share: what chose the logs and the positions is not part of that.
func TestOperationKey(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query { x: Int }
		type Subscription { chats(room: ID, rooms: [ID], after: String): Chat }
		type Chat { text(short: Boolean): String, id: ID }
	`})
	key := func(document, name string, variables map[string]any) [32]byte {
		t.Helper()
		doc, err := gqlparser.LoadQueryWithRules(schema, document, rules.NewDefaultRules())
		if err != nil {
			t.Fatal(err)
		}
		return Key(&graphql.OperationContext{
			RawQuery: document, OperationName: name, Doc: doc, Operation: doc.Operations.ForName(name), Variables: variables,
		})
	}
	const plain = `subscription($r: ID, $a: String, $s: Boolean) { chats(room: $r, after: $a) { ...F } } fragment F on Chat { text(short: $s) }`
	base := key(plain, "", map[string]any{"r": "1", "a": "x", "s": true})
	const list = `subscription($r: ID, $x: Boolean = true) { c: chats(rooms: [$r]) @include(if: $x) { ...on Chat { id @skip(if: $x) } } }`
	const two = `subscription A($r: ID) { chats(room: $r) { id } } subscription B($r: ID) { chats(room: $r) { text } }`
	for _, c := range []struct {
		what      string
		a, b      [32]byte
		different bool
	}{
		{"another room and position", base, key(plain, "", map[string]any{"r": "2", "a": "y", "s": true}), false},
		{"no position", base, key(plain, "", map[string]any{"r": "2", "s": true}), false},
		{"a variable in a fragment", base, key(plain, "", map[string]any{"r": "1", "a": "x", "s": false}), true},
		{"another text", base, key(plain+" ", "", map[string]any{"r": "1", "a": "x", "s": true}), true},
		{"a list of rooms", key(list, "", map[string]any{"r": "1", "x": true}), key(list, "", map[string]any{"r": "2", "x": true}), false},
		{"a variable of a directive", key(list, "", map[string]any{"r": "1", "x": true}), key(list, "", map[string]any{"r": "1", "x": false}), true},
		{"another operation of the document", key(two, "A", map[string]any{"r": "1"}), key(two, "B", map[string]any{"r": "1"}), true},
	} {
		if (c.a != c.b) != c.different {
			t.Errorf("%s: different %v, want %v", c.what, c.a != c.b, c.different)
		}
	}
}
