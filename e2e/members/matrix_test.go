package members

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/e2e/harness"
	"parley/graph"
)

// Whatever is added to the schema that names something has a row in the table, or is said to name nothing of rooms.
func TestEveryNameIsInTheMatrix(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: graph.Schema})
	named := namesIn(schema)
	covered := append([]string{}, apart...)
	for _, r := range rows {
		name, _, _ := strings.Cut(r.covers, " ")
		covered = append(covered, name)
	}
	slices.Sort(covered)
	if covered = slices.Compact(covered); !slices.Equal(named, covered) {
		for _, name := range named {
			if !slices.Contains(covered, name) {
				t.Errorf("%s is not in the matrix", name)
			}
		}
		for _, name := range covered {
			if !slices.Contains(named, name) {
				t.Errorf("the matrix has %s, and the schema has not", name)
			}
		}
	}
}

// namesIn are the arguments of root fields that name something, and the root fields without any.
func namesIn(schema *ast.Schema) (names []string) {
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, field := range root.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			name, names0 := root.Name+"."+field.Name, len(names)
			for _, argument := range field.Arguments {
				if argument.Type.Name() == "ID" || argument.Name == "code" {
					names = append(names, name+"("+argument.Name+":)")
				}
			}
			if len(names) == names0 {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Everybody is answered by what they are in the room. To whoever may not know of it, it looks like one that never was:
// the same bytes.
func TestMatrix(t *testing.T) {
	c := newCast(t)
	for _, r := range rows {
		for i, want := range []string{r.public, r.private, r.direct, r.deleted} {
			if want == "" {
				want = strings.Repeat("n", len(standings))
			}
			for j, who := range standings {
				c.cell(t, r, kinds[i], who, want[j:j+1])
			}
		}
	}
}

// cell makes one call and looks at what comes of it.
func (c *cast) cell(t *testing.T, r row, kind, who, want string) {
	t.Helper()
	in := c.rooms[kind]
	got, bytes := c.outcome(who, r.call, in)
	if want != "?" && got != strings.ToLower(want) {
		t.Errorf("%s by %s in a %s room: %s, want %s: %s", r.covers, who, kind, got, want, bytes)
	}
	outside := kind == "deleted" || slices.Index(standings, who) < slices.Index(standings, "member") || who == "serveradmin" && kind != "public"
	if outside && (want == "n" || kind != "public" && !r.known) {
		if _, none := c.outcome(who, r.call, nothing(in.begin)); none != bytes {
			t.Errorf("%s by %s: a %s room and none are told apart:\n%s\n%s", r.covers, who, kind, bytes, none)
		}
	}
	if got == "y" && strings.HasPrefix(r.call, "mutation") {
		c.make(kind)
	}
}

// outcome is what comes of a call as a letter, and in full, without what is of the request alone.
func (c *cast) outcome(who, call string, in *place) (letter, bytes string) {
	variables := in.variables(call, c.own(who))
	var a harness.Answer
	if strings.HasPrefix(call, "subscription") {
		a = c.first(who, call, variables)
	} else {
		a = c.AskThrough(c.tokens[who], call, variables)
	}
	return letterOf(a), ownRequest.ReplaceAllString(strings.NewReplacer(in.id, "ID", in.chat, "ID", in.member, "ID", in.invite, "ID").Replace(a.Body), "")
}

var ownRequest = regexp.MustCompile(`"requestId":"[0-9a-f]*",?`)

// first is the first that a subscription brings.
func (c *cast) first(who, call string, variables map[string]any) (a harness.Answer) {
	k := c.Dial(c.tokens[who])
	defer func() { _ = k.Conn.CloseNow() }()
	k.Expect("connection_ack")
	k.Subscribe("1", call, variables)
	m, _ := k.Read()
	if a.Body = string(m.Payload); m.Type == "error" {
		a.Body = `{"errors":` + a.Body + `}`
	}
	if err := json.Unmarshal([]byte(a.Body), &a); err != nil {
		c.T.Fatal(m, err)
	}
	return a
}

// own is the id of a room that is somebody's own.
func (c *cast) own(who string) string {
	var data struct {
		Rooms struct{ Nodes []struct{ ID string } }
	}
	c.Must(&data, c.tokens[who], `{ rooms(matching: "mine", scope: JOINED) { nodes { id } } }`)
	return data.Rooms.Nodes[0].ID
}

func letterOf(a harness.Answer) string {
	reason, _ := a.Extension("reason").(string)
	switch code := a.Code(); {
	case code == "NOT_FOUND":
		return "n"
	case code == "ID_TAKEN":
		return "t"
	case code == "FORBIDDEN":
		return map[string]string{"": "f", "BANNED": "b", "LAST_OWNER": "l", "BOT": "m", "NOT_A_BOT": "r"}[reason]
	case code != "" || len(a.Errors) > 0:
		return "!"
	case strings.Contains(a.Body, `[null]`), strings.Contains(a.Body, `"nodes":[]`):
		return "n"
	}
	return "y"
}
