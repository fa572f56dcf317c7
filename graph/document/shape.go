package document

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

const (
	maxIntrospectionDepth = 20 // below __schema and __type; the usual introspection document is 15 deep
	maxSameKey            = 10 // times that a response key stands in one selection, fragments expanded
)

// secretFields are the root fields that take a password or a token, as their arguments' names say. Each costs a check
// that guesses could be made with, and the text of a document with one may hold the secret.
func secretFields(schema *ast.Schema) (names []string) {
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, field := range root.Fields {
			if slices.ContainsFunc(field.Arguments, isSecret) {
				names = append(names, field.Name)
			}
		}
	}
	return names
}

func isSecret(argument *ast.ArgumentDefinition) bool {
	name := strings.ToLower(argument.Name)
	return strings.Contains(name, "password") || strings.Contains(name, "token")
}

// A shape is what a part of a document comes to when its fragments are expanded.
type shape struct {
	fields, aliases, directives int
	depth                       int      // of fields; what lies below __schema and __type counts as flat
	secrets                     int      // secret fields at the top of this part
	keys                        []string // response keys at the top, as often as they stand there
}

// A measurer measures a document in one walk, before validation, whose cost is the square of what is
// repeated. Nothing of the document is believed: fields need not exist. Each fragment is walked once, and its shape is
// remembered. No sum grows far beyond its limit: the walk ends there.
type measurer struct {
	limits    *Limits
	secrets   []string // fields that take a password or a token
	named     map[string]*ast.FragmentDefinition
	known     map[*ast.FragmentDefinition]*shape // nil: its walk has not ended
	total     shape                              // of the operations, and of fragments that none of them uses
	fragments int
	keys      []string // of all selections from the root to where the walk is, the innermost last
}

// checkShape refuses a document that is too large for validation, or for what it may ask.
func checkShape(limits *Limits, secrets []string, doc *ast.QueryDocument) *gqlerror.Error {
	s := &measurer{limits: limits, secrets: secrets}
	if refused := s.defined(doc.Fragments); refused != nil {
		return refused
	}
	for _, operation := range doc.Operations {
		if refused := s.operation(operation); refused != nil {
			return refused
		}
	}
	for _, fragment := range doc.Fragments { // the unused ones, and second ones of a name, are validated too
		if _, walked := s.known[fragment]; walked {
			continue
		}
		part, refused := s.fragment(fragment)
		if refused != nil {
			return refused
		}
		if refused = s.add(&s.total, part); refused != nil {
			return refused
		}
	}
	return nil
}

// defined takes note of the fragments; the first of a name counts, as for gqlparser.
func (s *measurer) defined(fragments ast.FragmentDefinitionList) *gqlerror.Error {
	if len(fragments) == 0 {
		return nil
	}
	s.named = make(map[string]*ast.FragmentDefinition, len(fragments))
	s.known = make(map[*ast.FragmentDefinition]*shape, len(fragments))
	for _, fragment := range fragments {
		if refused := s.oneFragment(); refused != nil {
			return refused
		}
		if _, second := s.named[fragment.Name]; !second {
			s.named[fragment.Name] = fragment
		}
	}
	return nil
}

func (s *measurer) oneFragment() *gqlerror.Error {
	s.fragments++
	return above(s.fragments, s.limits.MaxFragments, "fragments, defined or inline")
}

// operation adds one of the document's operations to the total.
func (s *measurer) operation(operation *ast.OperationDefinition) *gqlerror.Error {
	part := shape{directives: len(operation.Directives)}
	for _, variable := range operation.VariableDefinitions {
		part.directives += len(variable.Directives)
	}
	if refused := s.selection(&part, operation.SelectionSet); refused != nil {
		return refused
	}
	roots := slices.Clone(s.keys)
	slices.Sort(roots)
	s.keys = s.keys[:0]
	if refused := above(len(slices.Compact(roots)), s.limits.MaxRootFields, "root fields in one operation"); refused != nil {
		return refused
	}
	if part.secrets > 1 {
		return tooComplex("An operation has at most one field that takes a password or a token.")
	}
	return s.add(&s.total, &part)
}

// selection adds what stands in a selection to part; its keys lie at the end of s.keys, from where the
// caller takes them.
func (s *measurer) selection(part *shape, set ast.SelectionSet) *gqlerror.Error {
	begin := len(s.keys)
	for _, one := range set {
		var refused *gqlerror.Error
		switch one := one.(type) {
		case *ast.Field:
			refused = s.field(part, one)
		case *ast.InlineFragment:
			part.directives += len(one.Directives)
			if refused = s.oneFragment(); refused == nil {
				refused = s.selection(part, one.SelectionSet)
			}
		case *ast.FragmentSpread:
			refused = s.spread(part, one)
		}
		if refused == nil {
			refused = s.fits(part)
		}
		if refused != nil {
			return refused
		}
	}
	return repeated(s.keys[begin:])
}

// field adds a field and what is below it.
func (s *measurer) field(part *shape, f *ast.Field) *gqlerror.Error {
	s.keys = append(s.keys, f.Alias)
	below := shape{fields: 1, directives: len(f.Directives)}
	if f.Alias != f.Name {
		below.aliases = 1
	}
	begin := len(s.keys)
	if refused := s.selection(&below, f.SelectionSet); refused != nil {
		return refused
	}
	s.keys = s.keys[:begin]
	if f.Name == "__schema" || f.Name == "__type" {
		if refused := above(below.depth, maxIntrospectionDepth, "levels of introspection"); refused != nil {
			return refused
		}
		below.depth = 0
	}
	below.depth++
	if slices.Contains(s.secrets, f.Name) {
		part.secrets++
	}
	below.secrets = 0
	part.plus(&below)
	return nil
}

// spread adds a fragment. One that is not defined is validation's business, but has been counted.
func (s *measurer) spread(part *shape, spread *ast.FragmentSpread) *gqlerror.Error {
	part.directives += len(spread.Directives)
	fragment := s.named[spread.Name]
	if fragment == nil {
		return s.oneFragment()
	}
	known, walked := s.known[fragment]
	if walked && known == nil {
		return tooComplex("A fragment contains itself.")
	}
	if !walked {
		var refused *gqlerror.Error
		if known, refused = s.fragment(fragment); refused != nil {
			return refused
		}
	}
	s.keys = append(s.keys, known.keys...)
	part.plus(known)
	return nil
}

// fragment walks the definition of a fragment.
func (s *measurer) fragment(fragment *ast.FragmentDefinition) (*shape, *gqlerror.Error) {
	s.known[fragment] = nil
	begin := len(s.keys)
	part := &shape{directives: len(fragment.Directives)}
	if refused := s.selection(part, fragment.SelectionSet); refused != nil {
		return nil, refused
	}
	part.keys = slices.Clone(s.keys[begin:])
	s.keys = s.keys[:begin]
	s.known[fragment] = part
	return part, nil
}

func (a *shape) plus(b *shape) {
	a.fields += b.fields
	a.aliases += b.aliases
	a.directives += b.directives
	a.secrets += b.secrets
	a.depth = max(a.depth, b.depth)
}

// add adds a part to the total. Depth is measured here, where it is known from where it counts.
func (s *measurer) add(total, part *shape) *gqlerror.Error {
	total.plus(part)
	if refused := above(part.depth, s.limits.MaxDepth, "levels of fields"); refused != nil {
		return refused
	}
	return s.fits(total)
}

// fits compares all that is summed up.
func (s *measurer) fits(part *shape) *gqlerror.Error {
	if part.fields <= s.limits.MaxFields && part.aliases <= s.limits.MaxAliases && part.directives <= s.limits.MaxDirectives {
		return nil
	}
	if refused := above(part.fields, s.limits.MaxFields, "fields, fragments expanded"); refused != nil {
		return refused
	}
	if refused := above(part.aliases, s.limits.MaxAliases, "aliases, fragments expanded"); refused != nil {
		return refused
	}
	return above(part.directives, s.limits.MaxDirectives, "directives, fragments expanded")
}

func above(n, most int, what string) *gqlerror.Error {
	if n <= most {
		return nil
	}
	return tooComplex(fmt.Sprintf("The document has more than %d %s.", most, what))
}

// repeated refuses a selection with one key too often: each pair of fields with the same key is compared,
// and so is each pair below them.
func repeated(keys []string) *gqlerror.Error {
	if len(keys) <= maxSameKey {
		return nil
	}
	times := make(map[string]int, len(keys))
	for _, key := range keys {
		if times[key]++; times[key] > maxSameKey {
			return tooComplex(fmt.Sprintf("A selection has the same field more than %d times.", maxSameKey))
		}
	}
	return nil
}
