package main

import (
	"strings"
	"testing"
)

const generated = `package generated

import (
	"parley/graph/scalar"
)

func (ec *executionContext) _Chat_number(ctx context.Context, field graphql.CollectedField, obj *chat.Chat) (ret graphql.Marshaler) {
	return graphql.ResolveField(
		ctx,
		ec.OperationContext,
		field,
		func(ctx context.Context, field graphql.CollectedField) (*graphql.FieldContext, error) {
			return ec.fieldContext_Chat_number(ctx, field)
		},
		func(ctx context.Context) (any, error) {
			return obj.Number, nil
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

func query() {
	return func(ctx context.Context) *graphql.Response {
			var buf bytes.Buffer
			data.MarshalGQL(&buf)
			response.Data = buf.Bytes()
	}
}

func mutation() {
	return func(ctx context.Context) *graphql.Response {
			var buf bytes.Buffer
			data.MarshalGQL(&buf)

			return &graphql.Response{
				Data: buf.Bytes(),
			}
	}
}

func list() { graphql.MarshalSliceConcurrently(ctx, n, 64, false, f) }

func batch() { batch, ok := graphql.BatchParentsFor[*chat.Chat](ctx, "Chat") }

func (ec *executionContext) marshalNUser2ᚕᚖUser(v []*auth.User) graphql.Marshaler {
	ret := graphql.MarshalSliceConcurrently(ctx, len(v), 64, false, func(ctx context.Context, i int) graphql.Marshaler { return nil })
	return ret
}

func (ec *executionContext) _User(ctx context.Context, sel ast.SelectionSet, obj *auth.User) graphql.Marshaler {
	return nil
}

func (ec *executionContext) _Chat(ctx context.Context, sel ast.SelectionSet, obj *chat.Chat) graphql.Marshaler {
	out := graphql.NewFieldSet(fields)
	deferred := graphql.NewDeferredGroup(ctx)
}

func (ec *executionContext) _Query(ctx context.Context) {
	out := graphql.NewFieldSet(fields)
	deferred := graphql.NewDeferredGroup(ctx)
}

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
		"obj.Number, nil":                      "return (*lean.Int)(&obj.Number)",
		"obj.Number(), nil":                    "return ec.marshalNInt2int(ctx, field.Selections, obj.Number())",
		"obj.Number(ctx)":                      "",
		"ec.Resolvers.Chat().Number(ctx, obj)": "",
		"obj.Number(ctx), nil":                 "",
	} {
		out, err := rewrite([]byte(strings.Replace(generated, "obj.Number, nil", value, 1)))
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
		object, root, _ := strings.Cut(string(out), "_Query")
		if !strings.Contains(object, "lean.NewObject") || !strings.Contains(root, "graphql.NewFieldSet") {
			t.Error("objects are ours and roots are gqlgen's, and not so here")
		}
	}
}

// A type that is not known is marshalled as gqlgen does it.
func TestFieldsAreWrittenFromWhereTheyLie(t *testing.T) {
	for marshal, want := range map[string]string{
		"ec.marshalNString2string":                  "\treturn (*lean.String)(&obj.X)\n",
		"ec.marshalNDateTime2timeᚐTime":             "\treturn (*lean.Time)(&obj.X)\n",
		"ec.marshalOString2ᚖstring":                 "\treturn lean.Optional(obj.X)\n",
		"ec.marshalOInt2ᚖint":                       "\treturn ec.marshalOInt2ᚖint(ctx, field.Selections, obj.X)\n",
		"ec.marshalNEventKind2EventKind":            "\treturn ec.marshalNEventKind2EventKind(ctx, field.Selections, obj.X)\n",
		"ec.marshalNID2githubᚗcomᚋgoogleᚋuuidᚐUUID": "\treturn (*lean.ID)(&obj.X)\n",
		"ec.marshalNCursor2string":                  "\treturn (*lean.String)(&obj.X)\n",
	} {
		if got := leaf(marshal, "obj.X"); got != want {
			t.Errorf("%s became %q, want %q", marshal, got, want)
		}
	}
	if got := leaf("ec.marshalNCursor2string", "obj.X()"); got != "\ttext := lean.String(obj.X())\n\treturn &text\n" {
		t.Errorf("a text that is made became %q", got)
	}
}

// Answers are measured before they are written, and events, whose marshalling resolves them, are not.
func TestAnswersAreMeasured(t *testing.T) {
	const event = "\nfunc subscription() {\n\t\t\tdata.MarshalGQL(&buf)\n}\n"
	out, err := rewrite([]byte(generated + event))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(out), "lean.Marshal(ctx, data)"); n != 2 || strings.Count(string(out), "data.MarshalGQL(&buf)") != 1 {
		t.Errorf("%d are measured: %s", n, out)
	}
}

// People and chats are shown by the objects that were made of them first.
func TestPeopleAndChatsAreShared(t *testing.T) {
	out, err := rewrite([]byte(generated))
	if err != nil {
		t.Fatal(err)
	}
	const want = `) _User(ctx context.Context, sel ast.SelectionSet, obj *auth.User) graphql.Marshaler {
	return lean.Share(ctx, sel, obj, func() graphql.Marshaler { return ec.showUser(ctx, sel, obj) })
}

func (ec *executionContext) showUser(ctx context.Context, sel ast.SelectionSet, obj *auth.User) graphql.Marshaler {
	return nil
}`
	if !strings.Contains(string(out), want) || !strings.Contains(string(out), "return ec.showChat(ctx, sel, obj)") || !strings.Contains(string(out), "lean.MarshalPlain(ctx, len(v), func(ctx") {
		t.Errorf("%s", out)
	}
}

func TestUnknownShapesAreNoticed(t *testing.T) {
	for _, gone := range []string{"_User(", "marshalNUser2ᚕᚖ", "BatchParentsFor[", "NewFieldSet", "NewDeferredGroup", "MarshalSliceConcurrently", "parley/graph/scalar", "NewScalarFieldContext", "response.Data = ", "return &graphql.Response{"} {
		if _, err := rewrite([]byte(strings.ReplaceAll(generated, gone, "Changed"))); err == nil {
			t.Errorf("without %s nothing was said", gone)
		}
	}
}
