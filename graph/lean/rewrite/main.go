// Command rewrite makes what gqlgen generated cheaper, with parley/graph/lean:
//
//   - A list is marshalled in the goroutine that has it. gqlgen starts one for each element, whose
//     stack has to grow each time.
//   - An object below the roots has nothing prepared for @defer.
//   - A leaf that is a plain field or method of a value is marshalled without a context of its own,
//     which gqlgen makes for hooks around fields and for resolvers that fail. A leaf has neither.
//   - Such a field of a common type is written from where it lies, without a closure.
//   - A field that is resolved for a list at once finds its object without the path that leads there.
//   - A person is made once in an operation, and so is a chat, however often it is shown.
//   - An answer is measured before it is written, so that its buffer is made once, and not at all if it is too large.
//
// It runs behind gqlgen in `make generate`, and fails when the shapes it knows are gone. What it
// saves is shown by BenchmarkAPI/page in server.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
)

const path = "graph/generated/exec.go"

func main() {
	source, err := os.ReadFile(path)
	if err == nil {
		source, err = rewrite(source)
	}
	if err == nil {
		err = os.WriteFile(path, source, 0o644) //nolint:gosec // source code is for everybody to read
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "rewrite: %s: %v\n", path, err)
		os.Exit(1)
	}
}

func rewrite(source []byte) ([]byte, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	text := func(n ast.Node) string {
		return string(source[files.Position(n.Pos()).Offset:files.Position(n.End()).Offset])
	}
	leaves := leavesOf(file)
	var out bytes.Buffer
	done := 0 // bytes of source that are in out
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(f.Name.Name, "_") {
			continue
		}
		if marshal, value := leafOf(f, leaves); marshal != nil {
			out.Write(source[done:files.Position(f.Body.Pos()).Offset])
			out.WriteString("{\n" + leaf(text(marshal), text(value)) + "}")
			done = files.Position(f.Body.End()).Offset
		}
	}
	out.Write(source[done:])
	if done == 0 {
		return nil, errUnknown
	}
	return replaceAll(out.Bytes())
}

// leaf writes the body of a leaf's function. A field of a known type is marshalled from where it lies.
func leaf(marshal, value string) string {
	general := fmt.Sprintf("\treturn %s(ctx, field.Selections, %s)\n", marshal, value)
	if strings.HasSuffix(value, ")") { // a method
		switch strings.TrimPrefix(marshal, "ec.marshal") {
		case "NString2string", "NCursor2string":
			return fmt.Sprintf("\ttext := lean.String(%s)\n\treturn &text\n", value)
		}
		return general
	}
	switch strings.TrimPrefix(marshal, "ec.marshal") {
	case "NString2string", "NCursor2string":
		return fmt.Sprintf("\treturn (*lean.String)(&%s)\n", value)
	case "NInt2int":
		return fmt.Sprintf("\treturn (*lean.Int)(&%s)\n", value)
	case "NDateTime2timeᚐTime":
		return fmt.Sprintf("\treturn (*lean.Time)(&%s)\n", value)
	case "OString2ᚖstring":
		return fmt.Sprintf("\treturn lean.Optional(%s)\n", value)
	case "OJSON2ᚖstring":
		return fmt.Sprintf("\treturn lean.OptionalRaw(%s)\n", value)
	case "NID2githubᚗcomᚋgoogleᚋuuidᚐUUID":
		return fmt.Sprintf("\treturn (*lean.ID)(&%s)\n", value)
	}
	return general
}

var errUnknown = errors.New("a shape is gone: has gqlgen changed what it writes?")

// replaceAll replaces gqlgen's types by ours, everywhere but in the roots.
func replaceAll(source []byte) ([]byte, error) {
	for _, r := range []struct{ from, to string }{
		{"graphql.MarshalSliceConcurrently(", "lean.MarshalSlice("},
		{"graphql.BatchParentsFor[", "lean.BatchParentsFor["},
		{"graphql.NewDeferredGroup(ctx)", "graphql.DeferredGroup{}"},
		{"graphql.NewFieldSet(fields)", "lean.NewObject(fields)"},
		{"var buf bytes.Buffer\n\t\t\tdata.MarshalGQL(&buf)\n\t\t\tresponse.Data = buf.Bytes()", "response.Data = lean.Marshal(ctx, data)"},
		{"var buf bytes.Buffer\n\t\t\tdata.MarshalGQL(&buf)\n\n\t\t\treturn &graphql.Response{\n\t\t\t\tData: buf.Bytes(),", "return &graphql.Response{\n\t\t\t\tData: lean.Marshal(ctx, data),"},
		{"\t\"parley/graph/scalar\"\n", "\t\"parley/graph/lean\"\n\t\"parley/graph/scalar\"\n"},
	} {
		if !bytes.Contains(source, []byte(r.from)) {
			return nil, fmt.Errorf("%w: %s", errUnknown, r.from)
		}
		source = bytes.ReplaceAll(source, []byte(r.from), []byte(r.to))
	}
	source, err := share(source)
	if err != nil {
		return nil, err
	}
	return format.Source(keepRoots(source))
}

// objects begins what marshals an object that may be shown more than once.
var objects = regexp.MustCompile(`\nfunc \(ec \*executionContext\) _(User|Chat)(\(ctx context\.Context, sel ast\.SelectionSet, obj \*[\w.]+\) graphql\.Marshaler \{\n)`)

// people begins what marshals a list of people, which have no field that needs to know where it is.
var people = regexp.MustCompile(`(\nfunc \(ec \*executionContext\) marshalNUser2ᚕᚖ[^\n]+\n\tret := )lean\.MarshalSlice\(ctx, len\(v\), \d+, \w+, func`)

// share has such an object made once in an operation.
func share(source []byte) ([]byte, error) {
	if len(objects.FindAll(source, -1)) != 2 || len(people.FindAll(source, -1)) != 1 {
		return nil, fmt.Errorf("%w: %s", errUnknown, objects)
	}
	source = people.ReplaceAll(source, []byte("${1}lean.MarshalPlain(ctx, len(v), func"))
	return objects.ReplaceAll(source, []byte(`
func (ec *executionContext) _$1${2}	return lean.Share(ctx, sel, obj, func() graphql.Marshaler { return ec.show$1(ctx, sel, obj) })
}

func (ec *executionContext) show$1${2}`)), nil
}

// keepRoots gives the functions of the root types gqlgen's own field set back: root fields run at
// once, each under the hooks of its operation.
func keepRoots(source []byte) []byte {
	const begins, ours, theirs = "\nfunc (ec *executionContext) _", "lean.NewObject(fields)", "graphql.NewFieldSet(fields)"
	functions := bytes.SplitAfter(source, []byte(begins))
	for i, f := range functions {
		for _, root := range []string{"Query(", "Mutation(", "Subscription("} {
			if bytes.HasPrefix(f, []byte(root)) {
				functions[i] = bytes.Replace(f, []byte(ours), []byte(theirs), 1)
			}
		}
	}
	return bytes.Join(functions, nil)
}

// leavesOf returns the functions that describe a field without a selection of its own.
func leavesOf(file *ast.File) map[string]bool {
	leaves := map[string]bool{}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(f.Name.Name, "fieldContext_") {
			continue
		}
		if call := onlyCall(f.Body); call != nil && nameOf(call.Fun) == "graphql.NewScalarFieldContext" {
			leaves["ec."+f.Name.Name] = true
		}
	}
	return leaves
}

// leafOf returns what marshals a field and with which value, when the field is a leaf and its value
// a field or method of obj that cannot fail; else nil.
func leafOf(f *ast.FuncDecl, leaves map[string]bool) (marshal, value ast.Expr) {
	call := onlyCall(f.Body)
	if call == nil || nameOf(call.Fun) != "graphql.ResolveField" || len(call.Args) != 9 || nameOf(call.Args[5]) != "nil" {
		return nil, nil
	}
	describes, marshals := onlyCall(bodyOf(call.Args[3])), onlyCall(bodyOf(call.Args[6]))
	if describes == nil || marshals == nil || !leaves[nameOf(describes.Fun)] || len(marshals.Args) != 3 {
		return nil, nil
	}
	if value = plainValue(bodyOf(call.Args[4])); value == nil {
		return nil, nil
	}
	return marshals.Fun, value
}

// plainValue returns X of a body that says `return obj.X, nil` or `return obj.X(), nil`.
func plainValue(body *ast.BlockStmt) ast.Expr {
	if body == nil || len(body.List) != 1 {
		return nil
	}
	ret, ok := body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 2 || nameOf(ret.Results[1]) != "nil" {
		return nil
	}
	value := ret.Results[0]
	if call, ok := value.(*ast.CallExpr); ok && len(call.Args) == 0 {
		value = call.Fun
	}
	if !strings.HasPrefix(nameOf(value), "obj.") {
		return nil
	}
	return ret.Results[0]
}

// onlyCall returns the call of a body that says `return call(…)`.
func onlyCall(body *ast.BlockStmt) *ast.CallExpr {
	if body == nil || len(body.List) != 1 {
		return nil
	}
	ret, ok := body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return nil
	}
	call, _ := ret.Results[0].(*ast.CallExpr)
	return call
}

func bodyOf(e ast.Expr) *ast.BlockStmt {
	if f, ok := e.(*ast.FuncLit); ok {
		return f.Body
	}
	return nil
}

// nameOf writes a name with its selectors, "" for what is none.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x := nameOf(e.X); x != "" {
			return x + "." + e.Sel.Name
		}
	case *ast.IndexExpr: // a generic function with its type
		return nameOf(e.X)
	}
	return ""
}
