package syntax

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// exact begins the text of a number that is kept as it was written. No text of a request begins so: it is no UTF-8.
const exact = "\xff"

// KeepNumbers has the numbers of a literal come as texts that Number knows, with the digits that they were written with. As numbers
// gqlparser hands out int64 and float64, or fails.
func KeepNumbers(v *ast.Value) {
	if v.Kind == ast.IntValue || v.Kind == ast.FloatValue {
		v.Kind, v.Raw = ast.EnumValue, exact+v.Raw
	}
	for _, child := range v.Children {
		KeepNumbers(child.Value)
	}
}

// Number returns the digits of a number of a literal whose numbers were kept; not is: the text is another one.
func Number(text string) (digits string, is bool) { return strings.CutPrefix(text, exact) }

// HasEnum tells whether a literal that was just parsed has a name in it that is no value of JSON.
func HasEnum(v *ast.Value) bool {
	if v.Kind == ast.EnumValue {
		return true
	}
	for _, child := range v.Children {
		if HasEnum(child.Value) {
			return true
		}
	}
	return false
}
