package document

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// A generator makes documents out of bytes. Each byte is one choice, and without bytes it makes the
// smallest there is.
type generator struct {
	bytes  []byte
	schema *ast.Schema
	left   int // selections that may still be made
	above  int // only fragments of a higher number may be spread
	b      strings.Builder
}

// The fragments that a document may have, one for each of these types.
var generatedFragments = []string{"Query", "RoomConnection", "Room", "Chat", "__Type"}

// anyDocument returns a document of some operations and fragments, which may be unknown, unused, or
// contain each other.
func anyDocument(bytes []byte) string {
	g := &generator{bytes: bytes, schema: testAPI.Schema, left: 60, above: -1}
	for i := range 1 + g.choose(2) {
		fmt.Fprintf(&g.b, "query Q%d($n: Int @skip(if: false)) ", i)
		g.directive()
		g.selection("Query", 6)
	}
	for i, of := range generatedFragments {
		if g.choose(3) > 0 {
			fmt.Fprintf(&g.b, "fragment F%d on %s %s", i, of, strings.Repeat("@skip(if: false) ", g.choose(3)))
			g.selection(of, 4)
		}
	}
	return g.b.String()
}

// oneOperation returns a document of one operation that often passes validation.
func oneOperation(bytes []byte) string {
	g := &generator{bytes: bytes, schema: testAPI.Schema, left: 25, above: -1}
	g.selection("Query", 6)
	for i, of := range generatedFragments {
		if strings.Contains(g.b.String(), fmt.Sprintf("...F%d ", i)) {
			g.above = i
			fmt.Fprintf(&g.b, "fragment F%d on %s ", i, of)
			g.selection(of, 4)
		}
	}
	var variables string
	for _, variable := range []string{"$n: Int = 3", "$on: Boolean! = true", "$ids: [ID!]! = []"} {
		if name, _, _ := strings.Cut(variable, ":"); strings.Contains(g.b.String(), name) {
			variables += variable + " "
		}
	}
	if variables != "" {
		variables = "(" + variables + ")"
	}
	return "query " + variables + g.b.String()
}

// choose returns a number below n.
func (g *generator) choose(n int) int {
	if len(g.bytes) == 0 {
		return 0
	}
	next := int(g.bytes[0])
	g.bytes = g.bytes[1:]
	return next % n
}

func (g *generator) selection(of string, depth int) {
	g.b.WriteString("{ ")
	for range 1 + g.choose(6) {
		g.left--
		switch choice := g.choose(10); {
		case choice == 9 && depth > 0:
			g.b.WriteString("... ")
			g.directive()
			g.selection(of, depth-1)
		case choice >= 7:
			if n := slices.Index(generatedFragments, of); n > g.above {
				fmt.Fprintf(&g.b, "...F%d ", n)
				g.directive()
				break
			}
			fallthrough
		default:
			g.field(g.schema.Types[of], depth)
		}
	}
	g.b.WriteString("} ")
}

func (g *generator) field(of *ast.Definition, depth int) {
	if depth == 0 || g.left < 0 || len(of.Fields) == 0 {
		g.b.WriteString("__typename ")
		return
	}
	field := of.Fields[g.choose(len(of.Fields))]
	if g.choose(8) == 7 {
		fmt.Fprintf(&g.b, "a%d: ", g.choose(4))
	}
	g.b.WriteString(field.Name + " ")
	var arguments []string
	for _, argument := range field.Arguments {
		if values := g.values(argument); argument.Type.NonNull || g.choose(3) == 2 {
			arguments = append(arguments, argument.Name+": "+values[g.choose(len(values))])
		}
	}
	if len(arguments) > 0 {
		g.b.WriteString("(" + strings.Join(arguments, " ") + ") ")
	}
	g.directive()
	if below := g.schema.Types[field.Type.Name()]; below.IsCompositeType() {
		g.selection(below.Name, depth-1)
	}
}

func (g *generator) values(of *ast.ArgumentDefinition) []string {
	switch of.Type.Name() {
	case "Int":
		return []string{"1", "7", "200", "$n", "null", "0", "-5", "300"}
	case "ID":
		if of.Type.Elem != nil {
			return []string{`[]`, `["x" "y"]`, `"x"`, "$ids"}
		}
		return []string{`"x"`, "7"}
	case "Boolean":
		return []string{"true", "false"}
	}
	if enum := g.schema.Types[of.Type.Name()]; len(enum.EnumValues) > 0 {
		return []string{enum.EnumValues[0].Name, "null"}
	}
	return []string{`"Chat"`, `"x"`}
}

func (g *generator) directive() {
	switch g.choose(12) {
	case 9:
		g.b.WriteString("@skip(if: $on) ")
	case 10:
		g.b.WriteString("@include(if: $on) ")
	case 11:
		g.b.WriteString("@skip(if: false) ")
	}
}

// seedGenerator gives a fuzz target documents of many kinds.
func seedGenerator(f *testing.F) {
	state := uint32(1)
	for n := range 400 {
		seed := make([]byte, 20+n/2)
		for i := range seed {
			state = state*1664525 + 1013904223
			seed[i] = byte(state >> 24)
		}
		f.Add(seed)
	}
}
