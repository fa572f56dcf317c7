package graph

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// A resolver says which method is called with what, and nothing else.
func TestResolversHaveOneLine(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.go", "objects/*.go"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, some...)
	}
	found := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			f, is := declaration.(*ast.FuncDecl)
			if !is || !isResolver(f) {
				continue
			}
			if found++; len(f.Body.List) != 1 || !strings.HasSuffix(name, ".resolvers.go") {
				t.Errorf("%s has %d statements, in %s", f.Name.Name, len(f.Body.List), name)
			}
		}
	}
	if found == 0 {
		t.Error("there are no resolvers")
	}
}

// isResolver says whether a function is a method of what gqlgen calls for fields: *queryResolver, *chatResolver.
func isResolver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return false
	}
	pointer, is := f.Recv.List[0].Type.(*ast.StarExpr)
	if !is {
		return false
	}
	of, is := pointer.X.(*ast.Ident)
	return is && !of.IsExported() && strings.HasSuffix(of.Name, "Resolver")
}
