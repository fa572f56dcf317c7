package main

import (
	"strings"
	"testing"
)

const generated = `package generated

func (ec *executionContext) _Chat_number(ctx context.Context, field graphql.CollectedField, obj *chat.Chat) (ret graphql.Marshaler) {
	return graphql.ResolveField(
		ctx,
		ec.OperationContext,
		field,
		func(ctx context.Context, field graphql.CollectedField) (*graphql.FieldContext, error) {
			return ec.fieldContext_Chat_number(ctx, field)
		},
		func(ctx context.Context) (any, error) {
			return VALUE
		},
		nil,
		func(ctx context.Context, selections ast.SelectionSet, v int) graphql.Marshaler {
			return ec.marshalNInt2int(ctx, selections, v)
		},
		true,
		true,
	)
}

func (ec *executionContext) fieldContext_Chat_number(_ context.Context, field graphql.CollectedField) (fc *graphql.FieldContext, err error) {
	return graphql.NewScalarFieldContext("Chat", field, false, false, "Int")
}

func list() { graphql.MarshalSliceConcurrently(ctx, n, 64, false, f) }

func (ec *executionContext) _Chat_other(ctx context.Context, field graphql.CollectedField, obj *chat.Chat) (ret graphql.Marshaler) {
	return graphql.ResolveField(ctx, ec.OperationContext, field, func(ctx context.Context, field graphql.CollectedField) (*graphql.FieldContext, error) {
		return ec.fieldContext_Chat_number(ctx, field)
	}, func(ctx context.Context) (any, error) { return obj.Other, nil }, nil, func(ctx context.Context, selections ast.SelectionSet, v int) graphql.Marshaler {
		return ec.marshalNInt2int(ctx, selections, v)
	}, true, true)
}
`

// What cannot fail and has no selection is called directly; a resolver, and a list of the same
// shape, stay as gqlgen wrote them.
func TestOnlyPlainLeavesAreCalledDirectly(t *testing.T) {
	for value, direct := range map[string]string{
		"obj.Number, nil":                      "return ec.marshalNInt2int(ctx, field.Selections, obj.Number)",
		"obj.Number(), nil":                    "return ec.marshalNInt2int(ctx, field.Selections, obj.Number())",
		"obj.Number(ctx)":                      "",
		"ec.Resolvers.Chat().Number(ctx, obj)": "",
		"obj.Number(ctx), nil":                 "",
	} {
		out, err := lean([]byte(strings.Replace(generated, "VALUE", value, 1)))
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(out), "fieldContext_Chat_number(_")
		if got := strings.Contains(first, "ResolveField"); got != (direct == "") || !strings.Contains(first, direct) {
			t.Errorf("%s became %s", value, first)
		}
		if strings.Contains(string(out), "Concurrently") {
			t.Error("a list is still marshalled concurrently")
		}
	}
}

func TestUnknownShapesAreNoticed(t *testing.T) {
	if _, err := lean([]byte("package generated\n")); err == nil {
		t.Error("nothing was found and nothing was said")
	}
}
