package document

import (
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// smallLimits are limits of which one is small, so that documents that can be expanded reach it, and
// no other limit is there first.
func smallLimits(which byte) *Limits {
	o := &Limits{MaxTokens: 1000, MaxFields: 2000, MaxDepth: 50, MaxAliases: 2000, MaxDirectives: 2000, MaxFragments: 100, MaxRootFields: 100}
	limits := []*int{&o.MaxFields, &o.MaxDepth, &o.MaxAliases, &o.MaxDirectives, &o.MaxFragments, &o.MaxRootFields}
	if n := int(which) % 8; n < len(limits) {
		*limits[n] = []int{30, 4, 3, 15, 7, 3}[n]
	}
	return o
}

// The walk that remembers fragments decides like one that expands everything.
func FuzzShape(f *testing.F) {
	seedGenerator(f)
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if len(bytes) == 0 {
			return
		}
		limits, text := smallLimits(bytes[0]), anyDocument(bytes[1:])
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, limits.MaxTokens)
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		refused := checkShape(limits, testSecrets, doc)
		if want := naiveShape(limits, doc); (refused != nil) != want {
			t.Fatalf("refused: %v, want %v\n%s", refused, want, text)
		}
	})
}

// A naive is a count without any memory.
type naive struct {
	limits                      *Limits
	doc                         *ast.QueryDocument
	fields, aliases, directives int
	reached                     map[*ast.FragmentDefinition]bool
	tooMuch                     bool
}

// naiveShape tells whether a document is refused.
func naiveShape(limits *Limits, doc *ast.QueryDocument) bool {
	n := &naive{limits: limits, doc: doc, reached: map[*ast.FragmentDefinition]bool{}}
	written := len(doc.Fragments)
	for _, operation := range doc.Operations {
		written += n.written(operation.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		written += n.written(fragment.SelectionSet)
		n.findCycles(fragment, map[string]bool{})
	}
	if n.tooMuch = n.tooMuch || written > limits.MaxFragments; n.tooMuch {
		return true
	}
	for _, operation := range doc.Operations {
		n.directives += len(operation.Directives)
		for _, variable := range operation.VariableDefinitions {
			n.directives += len(variable.Directives)
		}
		roots, secrets := map[string]bool{}, 0
		for _, field := range n.flat(operation.SelectionSet) {
			roots[field.Alias] = true
			for _, secret := range testSecrets {
				if field.Name == secret {
					secrets++
				}
			}
		}
		n.tooMuch = n.tooMuch || len(roots) > limits.MaxRootFields || secrets > 1
		n.walk(operation.SelectionSet, 1, limits.MaxDepth)
	}
	for _, fragment := range doc.Fragments {
		if n.tooMuch {
			break
		}
		if !n.reached[fragment] {
			n.reached[fragment] = true
			n.directives += len(fragment.Directives)
			n.walk(fragment.SelectionSet, 1, limits.MaxDepth)
		}
	}
	return n.tooMuch || n.fields > limits.MaxFields || n.aliases > limits.MaxAliases || n.directives > limits.MaxDirectives
}

// written counts inline fragments, and spreads of what is not defined, as they stand there.
func (n *naive) written(set ast.SelectionSet) (count int) {
	for _, one := range set {
		switch one := one.(type) {
		case *ast.Field:
			count += n.written(one.SelectionSet)
		case *ast.InlineFragment:
			count += 1 + n.written(one.SelectionSet)
		case *ast.FragmentSpread:
			if n.doc.Fragments.ForName(one.Name) == nil {
				count++
			}
		}
	}
	return count
}

func (n *naive) findCycles(fragment *ast.FragmentDefinition, above map[string]bool) {
	if n.tooMuch = n.tooMuch || above[fragment.Name]; n.tooMuch {
		return
	}
	above[fragment.Name] = true
	var look func(set ast.SelectionSet)
	look = func(set ast.SelectionSet) {
		for _, one := range set {
			switch one := one.(type) {
			case *ast.Field:
				look(one.SelectionSet)
			case *ast.InlineFragment:
				look(one.SelectionSet)
			case *ast.FragmentSpread:
				if next := n.doc.Fragments.ForName(one.Name); next != nil {
					n.findCycles(next, above)
				}
			}
		}
	}
	look(fragment.SelectionSet)
	delete(above, fragment.Name)
}

// flat are the fields of a selection, fragments expanded, with the directives on the way counted.
func (n *naive) flat(set ast.SelectionSet) (fields []*ast.Field) {
	for _, one := range set {
		if n.tooMuch = n.tooMuch || len(fields) > n.limits.MaxFields; n.tooMuch {
			break // what has been decided need not be expanded
		}
		switch one := one.(type) {
		case *ast.Field:
			fields = append(fields, one)
		case *ast.InlineFragment:
			fields = append(fields, n.flat(one.SelectionSet)...)
		case *ast.FragmentSpread:
			if fragment := n.doc.Fragments.ForName(one.Name); fragment != nil {
				n.reached[fragment] = true
				fields = append(fields, n.flat(fragment.SelectionSet)...)
			}
		}
	}
	return fields
}

// onTheWay are the directives on the fragments between a selection and its fields.
func (n *naive) onTheWay(set ast.SelectionSet) (count int) {
	for _, one := range set {
		switch one := one.(type) {
		case *ast.InlineFragment:
			count += len(one.Directives) + n.onTheWay(one.SelectionSet)
		case *ast.FragmentSpread:
			count += len(one.Directives)
			if fragment := n.doc.Fragments.ForName(one.Name); fragment != nil {
				count += len(fragment.Directives) + n.onTheWay(fragment.SelectionSet)
			}
		}
	}
	return count
}

func (n *naive) walk(set ast.SelectionSet, level, most int) {
	if n.tooMuch = n.tooMuch || n.fields > n.limits.MaxFields; n.tooMuch {
		return
	}
	n.directives += n.onTheWay(set)
	times := map[string]int{}
	for _, field := range n.flat(set) {
		n.fields++
		n.directives += len(field.Directives)
		if field.Alias != field.Name {
			n.aliases++
		}
		times[field.Alias]++
		n.tooMuch = n.tooMuch || times[field.Alias] > maxSameKey || level > most
		if field.Name == "__schema" || field.Name == "__type" {
			n.walk(field.SelectionSet, 1, maxIntrospectionDepth)
			continue
		}
		n.walk(field.SelectionSet, level+1, most)
	}
}

// Directives are counted wherever they may stand, and as often as the fragment they stand in is spread.
func TestDirectivesAreCountedEverywhere(t *testing.T) {
	limits := smallLimits(7)
	for text, count := range map[string]int{
		"query @a @b { me { id } }":                                              2,
		"query($a: Int @a @b) { me { id } }":                                     2,
		"{ me @a @b { id } }":                                                    2,
		"{ me { id @a id @b } }":                                                 2,
		"{ ... @a @b { me { id } } }":                                            2,
		"{ ...A @a @b } fragment A on Query { me { id } }":                       2,
		"{ ...A } fragment A on Query @a @b { me { id } }":                       2,
		"{ ...A ...A } fragment A on Query @a { me { id @b } }":                  4,
		"{ me { id } } fragment A on Query @a { me { id @b } }":                  2,
		"{ ...A } fragment A on Query { ...B } fragment B on Query @a @b { id }": 2,
	} {
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			t.Fatal(err)
		}
		limits.MaxDirectives = count
		if refused := checkShape(limits, testSecrets, doc); refused != nil {
			t.Errorf("%s: %v", text, refused)
		}
		limits.MaxDirectives = count - 1
		if checkShape(limits, testSecrets, doc) == nil {
			t.Errorf("%s: fewer than %d are counted", text, count)
		}
	}
}
