package graph

import (
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/chat"
	"parley/transport/budget"
	"parley/transport/stream"
)

const (
	escaped    = 6 // bytes of a control character in JSON, the largest of all characters
	quotes     = 2
	ofText     = escaped*chat.MaxText + quotes
	ofName     = escaped*64 + quotes // of a user or a room
	ofToken    = 4 << 10
	ofTypename = 64 // longer than any name of a type
)

// largest are the sizes of values in bytes of JSON, where a field can be larger than others of its type.
var largest = map[string]int{
	"AuthPayload.accessToken":  ofToken,
	"AuthPayload.refreshToken": ofToken,
	"Chat.text":                ofText,
	"Chat.username":            ofName,
	"Event.cursors":            chat.MaxCursors * (ofCursor + 1),
	"Room.name":                ofName,
	"Room.topic":               escaped*250 + quotes,
	"User.username":            ofName,
}

const ofCursor = 64

// largestOf is the same for types. A String that is not known is taken for the text of a chat.
var largestOf = map[string]int{
	"Boolean": len("false"), "Cursor": ofCursor, "DateTime": len(`"2006-01-02T15:04:05.000Z"`), "EventKind": 32,
	"ID": len(`"00000000-0000-0000-0000-000000000000"`), "Int": len("-2147483648"), "String": ofText,
}

// checkLargest refuses what must not turn out too large once it is executed. A mutation has been carried out when its
// answer is made, and the events of a stream go to many.
func (c costLimit) checkLargest(op *graphql.OperationContext) *gqlerror.Error {
	most, what := budget.MaxAnswer, "The answer of this mutation"
	switch op.Operation.Operation {
	case ast.Query:
		return nil // its answer is counted while it is made
	case ast.Subscription:
		most, what = stream.MaxEvent, "An event of this subscription"
	}
	p := c.pricer(op.Variables)
	p.most = most + 1
	if p.largest(op.Operation.SelectionSet) <= most {
		return nil
	}
	return tooComplex(fmt.Sprintf("%s could be larger than %d KiB. Select texts less often.", what, most>>10))
}

// largest is what an object can come to for which these are selected. Fields of one key are one in it, in however many
// fragments they stand.
func (p *pricer) largest(sets ...ast.SelectionSet) int {
	fields := map[string][]*ast.Field{}
	for _, set := range sets {
		p.collect(set, fields)
	}
	sum, cursors := 0, 0
	for _, same := range fields {
		size, below := 0, make([]ast.SelectionSet, len(same))
		for i, f := range same {
			size, below[i] = max(size, sizeOf(f)), f.SelectionSet
		}
		if f := same[0]; len(f.SelectionSet) > 0 {
			inner := p.largest(below...)
			if f.Definition.Type.Elem != nil {
				inner = p.times(inner, p.items(f))
			}
			size = p.plus(size, inner)
		} else if f.Name == "cursors" {
			cursors = p.plus(cursors, size)
			continue
		}
		sum = p.plus(sum, size)
	}
	return max(sum, p.plus(cursors, min(sum, withoutTexts)))
}

// withoutTexts is what an event has beside cursors at most: only CAUGHT_UP has these, which is about nothing.
const withoutTexts = 8 << 10

// collect adds the fields of a selection by their keys.
func (p *pricer) collect(set ast.SelectionSet, fields map[string][]*ast.Field) {
	for _, one := range set {
		switch one := one.(type) {
		case *ast.Field:
			if p.included(one.Directives) {
				fields[one.Alias] = append(fields[one.Alias], one)
			}
		case *ast.InlineFragment:
			if p.included(one.Directives) {
				p.collect(one.SelectionSet, fields)
			}
		case *ast.FragmentSpread:
			if p.included(one.Directives) {
				p.collect(one.Definition.SelectionSet, fields)
			}
		}
	}
}

// sizeOf is how large a field can be with its key, without what is below it.
func sizeOf(f *ast.Field) int {
	size := len(f.Alias) + len(`"":,`)
	if len(f.SelectionSet) > 0 {
		return size + len("{}")
	}
	if f.Name == "__typename" {
		return size + ofTypename
	}
	if known, is := largest[f.ObjectDefinition.Name+"."+f.Name]; is {
		return size + known
	}
	if known, is := largestOf[f.Definition.Type.Name()]; is {
		return size + known
	}
	return size + ofText
}
