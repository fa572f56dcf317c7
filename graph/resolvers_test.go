package graph

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"parley/auth"
)

// A resolver says which method is called with what, and nothing else.
func TestResolversHaveOneLine(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "schema.resolvers.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, declaration := range file.Decls {
		if f, is := declaration.(*ast.FuncDecl); is && len(f.Body.List) != 1 {
			t.Errorf("%s has %d statements", f.Name.Name, len(f.Body.List))
		}
	}
}

// Behind the guard nobody acts as the zero UUID: a field that is reached without an identity is a fault.
func TestNobodyIsAPerson(t *testing.T) {
	for name, caller := range map[string]auth.Caller{"no token": {Err: auth.ErrNoToken}, "no identity": {}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: somebody is acting", name)
				}
			}()
			person(auth.WithCaller(t.Context(), caller))
		}()
	}
}
