package document

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"parley/graph/document/syntax"
)

// Validation ends when it has found so much. A document of 1,000 tokens can have thousands of errors, and
// each may repeat a name of 100 KB.
const (
	maxFindings     = 20
	maxFindingsText = 4 << 10 // bytes of messages
)

// endOfValidation is a panic through gqlparser, whose walk knows no other end.
type endOfValidation struct{}

// validate is gqlparser's own, but it stops when it has found enough.
func (d *documents) validate(doc *ast.QueryDocument) (errs gqlerror.List) {
	if len(doc.Operations) == 0 {
		wrong := gqlerror.Errorf("no operation provided")
		errcode.Set(wrong, errcode.ValidationFailed)
		return gqlerror.List{wrong}
	}
	defer func() {
		panicked := recover()
		if _, ours := panicked.(endOfValidation); panicked != nil && !ours {
			panic(panicked)
		}
	}()
	size := 0
	events := &core.Events{}
	for _, rule := range d.rules {
		rule.RuleFunc(events, func(options ...core.ErrorOption) {
			found := &gqlerror.Error{Rule: rule.Name}
			for _, option := range options {
				option(found)
			}
			errcode.Set(found, errcode.ValidationFailed)
			errs = append(errs, found)
			if size += len(found.Message); len(errs) >= maxFindings || size > maxFindingsText {
				panic(endOfValidation{})
			}
		})
	}
	var free []*ast.Value
	events.OnValue(func(_ *core.Walker, value *ast.Value) {
		if isJSON(value) {
			free = append(free, value)
		}
	})
	core.Walk(d.api.Schema, doc, events)
	for _, value := range free { // behind the walk, which compares literals
		syntax.KeepNumbers(value)
	}
	return errs
}

// rulesFor are the rules of validation, ours among them. They make no suggestions, which would repeat what was sent and
// cost more than the check itself.
func rulesFor(streams map[string]string) []core.Rule {
	r := rules.NewDefaultRules()
	for _, quiet := range []core.Rule{
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.ScalarLeafsRuleWithoutSuggestions,
		rules.KnownArgumentNamesRuleWithoutSuggestions, rules.KnownTypeNamesRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		r.ReplaceRule(strings.TrimSuffix(quiet.Name, "WithoutSuggestions"), quiet.RuleFunc)
	}
	r.AddRule(textScalars, scalarsAreText)
	r.AddRule(sharedStreams, streamsAreShared(streams))
	inner := r.GetInner()
	ordered := make([]core.Rule, 0, len(inner))
	for _, name := range slices.Sorted(maps.Keys(inner)) {
		ordered = append(ordered, core.Rule{Name: name, RuleFunc: inner[name]})
	}
	return ordered
}

const textScalars = "ScalarsAreText"

// scalarsAreText checks literals that gqlparser leaves to the scalar. Ours are all text but JSON, which has no enums; for anything else
// gqlgen's resolvers return an internal error, and panic on numbers that Go cannot hold.
func scalarsAreText(events *core.Events, report core.AddErrFunc) {
	events.OnValue(func(_ *core.Walker, value *ast.Value) {
		if !isOurScalar(value.Definition) || value.ExpectedType == nil {
			return
		}
		if isJSON(value) {
			if syntax.HasEnum(value) {
				report(core.Message("JSON has no enums."), core.At(value.Position))
			}
			return
		}
		switch value.Kind {
		case ast.StringValue, ast.BlockValue, ast.Variable, ast.NullValue:
		case ast.ListValue:
			if value.ExpectedType.Elem == nil {
				report(core.Message("%s is text.", value.Definition.Name), core.At(value.Position))
			}
		default:
			report(core.Message("%s is text.", value.Definition.Name), core.At(value.Position))
		}
	})
}

const sharedStreams = "StreamsAreShared"

// streamsAreShared refuses, in subscriptions, what depends on who asks, and connections: an event is executed once for
// all its readers. The walk enters fragments where they are spread, so each field is seen in the operation it is for.
func streamsAreShared(streams map[string]string) core.RuleFunc {
	return func(events *core.Events, report core.AddErrFunc) {
		events.OnField(func(walker *core.Walker, f *ast.Field) {
			op := walker.CurrentOperation
			if op == nil || op.Operation != ast.Subscription || f.Name == "__typename" || f.Definition == nil {
				return
			}
			instead, sorted := streams[nameOf(f)]
			if sorted && instead == "" && !isConnection(f.Definition.Type.Name()) {
				return
			}
			report(core.Message(`Events of a subscription are the same for everybody and have no pages: use %s instead of "%s".`,
				cmp.Or(instead, "a query"), nameOf(f)), core.At(f.Position))
		})
	}
}

// isJSON tells whether a value may be any JSON.
func isJSON(value *ast.Value) bool {
	return value.Definition != nil && value.Definition.Name == "JSON" && value.ExpectedType != nil && value.ExpectedType.Elem == nil
}

// isOurScalar tells whether gqlparser leaves the values of a type to us.
func isOurScalar(of *ast.Definition) bool {
	return of != nil && of.Kind == ast.Scalar && !of.OneOf("Int", "Float", "String", "Boolean", "ID")
}
