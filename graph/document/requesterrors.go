package document

import (
	"fmt"
	"maps"
	"strings"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// PresentError rewrites what gqlgen and gqlparser say of a request that was not executed: they
// repeat literals and values, which may be a password. Names in the document may be repeated, and the
// place in it.
func PresentError(shown *gqlerror.Error, code string) {
	shown.Extensions = maps.Clone(shown.Extensions)
	switch {
	case code == errcode.ParseFailed && strings.HasPrefix(shown.Message, "exceeded token limit"):
		shown.Extensions["code"] = codeTooComplex
		shown.Message = "The document has too many tokens."
	case code == errcode.ParseFailed:
		shown.Message = "Syntax error."
	case code != errcode.ValidationFailed: // the text is ours
	case len(shown.Path) > 1 && shown.Path[0] == ast.PathName("variable"):
		shown.Extensions["code"], shown.Extensions["reason"] = codeBadInput, "VARIABLE_INVALID"
		shown.Message = fmt.Sprintf("The variable $%s does not fit its type.", shown.Path[1])
		shown.Path = nil // its end may be a key of the value
	case shown.Rule == "":
		shown.Message = "There is no operation of this name, or several and none was named."
	case !namesOnly[shown.Rule]:
		shown.Message = "A value does not fit its type."
	}
}

// namesOnly are the rules whose messages hold names of the document and of the schema, and nothing else.
var namesOnly = map[string]bool{
	sharedStreams:                               true,
	rules.FieldsOnCorrectTypeRule.Name:          true,
	rules.FragmentsOnCompositeTypesRule.Name:    true,
	rules.KnownArgumentNamesRule.Name:           true,
	rules.KnownDirectivesRule.Name:              true,
	rules.KnownFragmentNamesRule.Name:           true,
	rules.KnownRootTypeRule.Name:                true,
	rules.KnownTypeNamesRule.Name:               true,
	rules.LoneAnonymousOperationRule.Name:       true,
	rules.MaxIntrospectionDepth.Name:            true,
	rules.NoFragmentCyclesRule.Name:             true,
	rules.NoUndefinedVariablesRule.Name:         true,
	rules.NoUnusedFragmentsRule.Name:            true,
	rules.NoUnusedVariablesRule.Name:            true,
	rules.OverlappingFieldsCanBeMergedRule.Name: true,
	rules.PossibleFragmentSpreadsRule.Name:      true,
	rules.ProvidedRequiredArgumentsRule.Name:    true,
	rules.ScalarLeafsRule.Name:                  true,
	rules.SingleFieldSubscriptionsRule.Name:     true,
	rules.UniqueArgumentNamesRule.Name:          true,
	rules.UniqueDirectivesPerLocationRule.Name:  true,
	rules.UniqueFragmentNamesRule.Name:          true,
	rules.UniqueOperationNamesRule.Name:         true,
	rules.UniqueVariableNamesRule.Name:          true,
	rules.VariablesAreInputTypesRule.Name:       true,
	rules.VariablesInAllowedPositionRule.Name:   true,
}
