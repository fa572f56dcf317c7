package graph_test

import (
	_ "embed"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph"
)

// released is the schema of the last release. Programs that were written for it go on working: what it
// has is never removed or changed, only added to. A release copies graph/schema.graphqls over this file,
// in the commit that it tags, and nothing else writes to it. What should go gets @deprecated first, and
// leaves with a new major version, which is that copy without it.
//
//go:embed testdata/released.graphqls
var released string

func TestSchemaKeepsWhatWasReleased(t *testing.T) {
	for _, change := range broken(load(t, released), load(t, graph.Schema)) {
		t.Errorf("clients of the last release break: %s", change)
	}
}

func TestBrokenFindsEachChange(t *testing.T) {
	const before = `
directive @public on FIELD_DEFINITION
scalar Time @specifiedBy(url: "https://example.org/time")
interface Node { id: ID! }
type Query { chat(id: ID!, deleted: Boolean = false): Chat @public  chats(by: By): [Chat!]! }
type Chat implements Node { id: ID! text: String at: Time! }
input By { name: String, most: Int = 50 }
enum Kind { GOOD BAD }
type Other { id: ID! }
type Spare { id: ID! }
union Any = Chat | Other
`
	for _, c := range []struct{ old, new, want string }{
		{`type Spare { id: ID! }`, ``, "Spare is gone"},
		{`type Spare`, `interface Spare`, "Spare was OBJECT and is INTERFACE"},
		{`text: String`, ``, "Chat.text is gone"},
		{`text: String`, `body: String`, "Chat.text is gone"},
		{`text: String`, `text: Int`, "Chat.text was String and is Int"},
		{`text: String`, `text: String!`, "Chat.text was String and is String!"},
		{`at: Time!`, `at: Time`, "Chat.at was Time! and is Time"},
		{`[Chat!]!`, `[Chat]!`, "Query.chats was [Chat!]! and is [Chat]!"},
		{`[Chat!]!`, `Chat!`, "Query.chats was [Chat!]! and is Chat!"},
		{`, deleted: Boolean = false`, ``, "Query.chat(deleted:) is gone"},
		{`id: ID!, deleted`, `id: String!, deleted`, "Query.chat(id:) was ID! and is String!"},
		{`deleted: Boolean = false`, `deleted: Boolean! = false`, "Query.chat(deleted:) was Boolean = false and is Boolean! = false"},
		{`deleted: Boolean = false`, `deleted: Boolean = true`, "Query.chat(deleted:) was Boolean = false and is Boolean = true"},
		{`id: ID!, deleted`, `id: ID!, room: ID!, deleted`, "Query.chat(room:) is new and required"},
		{`name: String`, ``, "By.name is gone"},
		{`name: String`, `name: String!`, "By.name was String and is String!"},
		{`most: Int = 50`, `most: Int`, "By.most was Int = 50 and is Int"},
		{`most: Int = 50`, `most: Int = 20`, "By.most was Int = 50 and is Int = 20"},
		{`name: String`, `name: String, room: ID!`, "By.room is new and required"},
		{`GOOD BAD`, `GOOD`, "Kind.BAD is gone"},
		{`Chat | Other`, `Chat`, "Any is no longer Other"},
		{`Chat implements Node`, `Chat`, "Chat is no longer Node"},
		{`Chat @public`, `Chat`, "Query.chat is no longer @public"},
		{`example.org/time`, `example.org/date`, `Time was @specifiedBy(url: "https://example.org/time") and is @specifiedBy(url: "https://example.org/date")`},
		{`scalar Time @specifiedBy(url: "https://example.org/time")`, `scalar Time`, `Time was @specifiedBy(url: "https://example.org/time") and is without`},
	} {
		after := strings.Replace(before, c.old, c.new, 1)
		if after == before {
			t.Fatalf("there is no %s", c.old)
		}
		if got := broken(load(t, before), load(t, after)); !slices.Contains(got, c.want) {
			t.Errorf("%s → %s: got %q, want %q", c.old, c.new, got, c.want)
		}
	}
}

func TestAdditionsBreakNothing(t *testing.T) {
	for _, c := range []struct{ old, new string }{
		{`type User implements Node {`, `type Extra { id: ID! } type User implements Node { extra: Extra`},
		{`"Which of your sessions."`, `since: DateTime, atMost: Int! = 3 "Which of your sessions."`},
		{`enum LogoutScope {`, `enum LogoutScope { NEW`},
		{`"The program that last signed in`, `new: String "The program that last signed in`},
		{`username: String!`, `username: String! @deprecated(reason: "Use handle.")`},
		{`sessions: [Session!]`, `sessions: [Session!] @public`},
		{`"You, or null when nobody is signed in."`, `"You, or nobody."`},
		{`user("Their username or id." id: ID!): User`, `user(id: ID): User`},
	} {
		after := strings.Replace(graph.Schema, c.old, c.new, 1)
		if after == graph.Schema {
			t.Fatalf("there is no %s", c.old)
		}
		if got := broken(load(t, graph.Schema), load(t, after)); len(got) != 0 {
			t.Errorf("%s: %q", c.new, got)
		}
	}
}

// broken returns what a client of the schema before could miss in the schema after: everything that is
// gone, has another type or default, is required now, or needs a sign-in now. It is strict: a result that
// is never null any more breaks nobody who asks in GraphQL, but it breaks code that is generated.
func broken(before, after *ast.Schema) (changes []string) {
	for name, old := range before.Types {
		now := after.Types[name]
		switch {
		case old.BuiltIn:
		case now == nil:
			changes = append(changes, name+" is gone")
		case now.Kind != old.Kind:
			changes = append(changes, fmt.Sprintf("%s was %s and is %s", name, old.Kind, now.Kind))
		default:
			changes = append(changes, brokenType(old, now)...)
		}
	}
	sort.Strings(changes)
	return changes
}

func brokenType(old, now *ast.Definition) (changes []string) {
	for _, other := range slices.Concat(old.Interfaces, old.Types) {
		if !slices.Contains(slices.Concat(now.Interfaces, now.Types), other) {
			changes = append(changes, old.Name+" is no longer "+other)
		}
	}
	for _, value := range old.EnumValues {
		if now.EnumValues.ForName(value.Name) == nil {
			changes = append(changes, old.Name+"."+value.Name+" is gone")
		}
	}
	if was, is := specified(old), specified(now); was != is {
		changes = append(changes, fmt.Sprintf("%s was %s and is %s", old.Name, was, is))
	}
	if old.Kind == ast.InputObject {
		return append(changes, brokenInputs(old.Name+".%s", inputs(old.Fields), inputs(now.Fields))...)
	}
	for _, field := range ours(old) {
		name := old.Name + "." + field.Name
		kept := now.Fields.ForName(field.Name)
		if kept == nil {
			changes = append(changes, name+" is gone")
			continue
		}
		if was, is := field.Type.String(), kept.Type.String(); was != is {
			changes = append(changes, fmt.Sprintf("%s was %s and is %s", name, was, is))
		}
		if field.Directives.ForName("public") != nil && kept.Directives.ForName("public") == nil {
			changes = append(changes, name+" is no longer @public")
		}
		changes = append(changes, brokenInputs(name+"(%s:)", field.Arguments, kept.Arguments)...)
	}
	return changes
}

// brokenInputs compares what a client gives: arguments, or the fields of an input type.
func brokenInputs(name string, old, now ast.ArgumentDefinitionList) (changes []string) {
	for _, input := range old {
		kept := now.ForName(input.Name)
		switch {
		case kept == nil:
			changes = append(changes, fmt.Sprintf(name, input.Name)+" is gone")
		case shape(kept) != shape(input) && shape(kept)+"!" != shape(input): // what was always given may still be
			changes = append(changes, fmt.Sprintf(name+" was %s and is %s", input.Name, shape(input), shape(kept)))
		}
	}
	for _, input := range now {
		if old.ForName(input.Name) == nil && input.Type.NonNull && input.DefaultValue == nil {
			changes = append(changes, fmt.Sprintf(name, input.Name)+" is new and required")
		}
	}
	return changes
}

func inputs(fields ast.FieldList) (list ast.ArgumentDefinitionList) {
	for _, f := range fields {
		list = append(list, &ast.ArgumentDefinition{Name: f.Name, Type: f.Type, DefaultValue: f.DefaultValue})
	}
	return list
}

// shape is the type of an input with its default.
func shape(input *ast.ArgumentDefinition) string {
	if input.DefaultValue == nil {
		return input.Type.String()
	}
	return input.Type.String() + " = " + input.DefaultValue.String()
}

func specified(kind *ast.Definition) string {
	if d := kind.Directives.ForName("specifiedBy"); d != nil {
		return fmt.Sprintf("@specifiedBy(url: %s)", d.Arguments.ForName("url").Value)
	}
	return "without"
}
