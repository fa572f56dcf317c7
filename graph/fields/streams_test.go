package fields

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// Every field that a subscription can select is sorted, and nothing else is.
func TestFieldsOfStreamsAreSorted(t *testing.T) {
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range wronglySorted(gqlparser.MustLoadSchema(&ast.Source{Input: string(text)}), Streams) {
		t.Error(wrong)
	}
}

// Each way of sorting wrongly is found, also in types that only a fragment reaches.
func TestWronglySortedFieldsAreFound(t *testing.T) {
	const schema = `
		type Query { chat: Chat }
		type Subscription { chatSent: Chat }
		interface Node { id: ID }
		type Chat implements Node { id: ID replyTo: Chat }
		type File implements Node { id: ID }
		union Any = Chat | Bot
		type Bot { owner: String }
		type ChatConnection { nodes: [Chat] }
	`
	right := map[string]string{
		"Subscription.chatSent": shared, "Node.id": shared, "Chat.id": shared, "Chat.replyTo": shared, "File.id": shared, "Bot.owner": "the query bot",
	}
	for _, c := range []struct {
		old, now     string // of the schema
		field, sorts string // sorted in another way
		want         []string
	}{
		{"Query", "Query", "Bot.owner", shared, nil},
		{"type Subscription {", "type Subscription { typing: Int", "Bot.owner", shared, []string{"Subscription.typing is not sorted"}},
		{"type Chat implements Node {", "type Chat implements Node { seen: Int", "Bot.owner", shared, []string{"Chat.seen is not sorted"}},
		{"type File implements Node {", "type File implements Node { mine: Int", "Bot.owner", shared, []string{"File.mine is not sorted"}},
		{"type Bot {", "type Bot { mine: Int", "Bot.owner", shared, []string{"Bot.mine is not sorted"}},
		{"Bot", "Other", "Chat.id", shared, []string{"Bot.owner is sorted, and no subscription selects it", "Other.owner is not sorted"}},
		{"Query", "Query", "File.id", "the query file", []string{"Node.id is shared, and File.id is not"}},
		{"owner: String", "owner: Owner } type Owner { bots: Int", "Bot.owner", shared, []string{"Owner.bots is not sorted"}},
		{"owner: String", "owner: Owner } type Owner { bots: Int", "Bot.owner", "the query bot", nil},
		{"replyTo: Chat", "replyTo: ChatConnection", "ChatConnection.nodes", shared, []string{"Chat.replyTo is shared, and a connection"}},
	} {
		sorted := maps.Clone(right)
		sorted[c.field] = c.sorts
		changed := gqlparser.MustLoadSchema(&ast.Source{Input: strings.ReplaceAll(schema, c.old, c.now)})
		if got := wronglySorted(changed, sorted); !slices.Equal(got, c.want) {
			t.Errorf("%s and %s: %q, want %q", c.now, c.field, got, c.want)
		}
	}
}

// wronglySorted returns what is wrong with a table of the fields of streams.
func wronglySorted(schema *ast.Schema, sorted map[string]string) (wrong []string) {
	reached := fieldsReached(schema, sorted)
	for key, field := range reached {
		of, name, _ := strings.Cut(key, ".")
		instead, is := sorted[key]
		if !is {
			wrong = append(wrong, key+" is not sorted")
		}
		if !is || instead != shared {
			continue
		}
		if strings.HasSuffix(field.Type.Name(), "Connection") {
			wrong = append(wrong, key+" is shared, and a connection")
		}
		for _, one := range schema.PossibleTypes[of] {
			if sorted[one.Name+"."+name] != shared {
				wrong = append(wrong, fmt.Sprintf("%s is shared, and %s.%s is not", key, one.Name, name))
			}
		}
	}
	for key := range sorted {
		if reached[key] == nil {
			wrong = append(wrong, key+" is sorted, and no subscription selects it")
		}
	}
	slices.Sort(wrong)
	return wrong
}

// fieldsReached are the fields that validation lets stand in a subscription. A fragment leads from an object to what it
// implements, and from there to whatever else does. A field that is refused leads nowhere.
func fieldsReached(schema *ast.Schema, sorted map[string]string) map[string]*ast.FieldDefinition {
	fields, seen := map[string]*ast.FieldDefinition{}, map[string]bool{}
	var visit func(d *ast.Definition)
	visit = func(d *ast.Definition) {
		if !d.IsCompositeType() || seen[d.Name] {
			return
		}
		seen[d.Name] = true
		for _, f := range d.Fields {
			fields[d.Name+"."+f.Name] = f
			if sorted[d.Name+"."+f.Name] == shared {
				visit(schema.Types[f.Type.Name()])
			}
		}
		for _, above := range schema.Implements[d.Name] {
			visit(above)
		}
		for _, below := range schema.PossibleTypes[d.Name] {
			visit(below)
		}
	}
	visit(schema.Subscription)
	return fields
}
