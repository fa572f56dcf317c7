package subscriptions

import (
	"github.com/99designs/gqlgen/graphql"

	"parley/chat"
	"parley/graph/scalar"
)

// arguments reads the arguments of a root field as generated code does. The first that is none is in err.
type arguments struct {
	values map[string]any
	err    error
}

func (a *arguments) id(name string) string {
	return argument(a, name, a.values[name], graphql.UnmarshalID)
}

func (a *arguments) cursor(name string) *string {
	if a.values[name] == nil {
		return nil
	}
	text := argument(a, name, a.values[name], scalar.UnmarshalCursor)
	return &text
}

func (a *arguments) ids(name string) []string { return list(a, name, graphql.UnmarshalID) }

func (a *arguments) cursors(name string) []string { return list(a, name, scalar.UnmarshalCursor) }

func list(a *arguments, name string, read func(any) (string, error)) []string {
	if a.values[name] == nil {
		return nil
	}
	given := graphql.CoerceList(a.values[name])
	values := make([]string, len(given))
	for i, v := range given {
		values[i] = argument(a, name, v, read)
	}
	return values
}

func argument(a *arguments, name string, v any, read func(any) (string, error)) string {
	text, err := read(v)
	if err != nil && a.err == nil {
		a.err = &chat.InvalidError{Field: name, Reason: "VARIABLE_INVALID", Detail: "has the wrong type"}
	}
	return text
}
