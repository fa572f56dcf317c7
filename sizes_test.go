package tools

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// mayHave is how many lines there may be. Generated code and web/ are not measured.
var mayHave = map[string]int{
	"package":  1500, // without tests
	"file":     300,  // tests too
	"function": 45,   // from func to its closing brace, without tests
	"p95":      30,   // of the functions of a package that has leastForP95
}

const leastForP95 = 20

// largerNow are those that have more, and the lines they have. They may shrink and not grow, and leave the list when
// they fit.
var largerNow = map[size]int{
	{"package", "graph"}:                  1701,
	{"file", "graph/schema.resolvers.go"}: 336,
}

// A size is what has a number of lines: a package, a file, a function, or the 95th percentile of a package's functions.
type size struct{ kind, name string }

// TestSizes measures the project; `make sizes` prints the table.
func TestSizes(t *testing.T) {
	packages, err := measure(".")
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table(packages))
	for _, wrong := range wrongSizes(sizesOf(packages), largerNow) {
		t.Error(wrong)
	}
}

// A measured is what is counted of one package.
type measured struct {
	lines     int // without tests
	files     map[string]int
	functions map[string]int
}

// measure counts all packages below a folder, by their folders.
func measure(root string) (map[string]*measured, error) {
	packages := map[string]*measured{}
	return packages, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "web" || name == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(filepath.Dir(path))
		p := packages[folder]
		if p == nil {
			p = &measured{files: map[string]int{}, functions: map[string]int{}}
		}
		counted, err := p.add(filepath.ToSlash(path), text)
		if counted {
			packages[folder] = p
		}
		return err
	})
}

// add counts one file, unless it is generated.
func (p *measured) add(path string, text []byte) (counted bool, err error) {
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || ast.IsGenerated(file) {
		return false, err
	}
	lines := bytes.Count(text, []byte("\n"))
	p.files[path] = lines
	if strings.HasSuffix(path, "_test.go") {
		return true, nil
	}
	p.lines += lines
	for _, declaration := range file.Decls {
		if f, is := declaration.(*ast.FuncDecl); is {
			p.functions[filepath.ToSlash(filepath.Dir(path))+"."+functionName(f)] = positions.Position(f.End()).Line - positions.Position(f.Pos()).Line + 1
		}
	}
	return true, nil
}

// functionName is a function with the type whose method it is.
func functionName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	for {
		switch inner := of.(type) {
		case *ast.StarExpr:
			of = inner.X
		case *ast.IndexExpr:
			of = inner.X
		case *ast.IndexListExpr:
			of = inner.X
		case *ast.Ident:
			return inner.Name + "." + f.Name.Name
		default:
			return f.Name.Name
		}
	}
}

// p95 is the length that 95 of 100 functions do not exceed.
func (p *measured) p95() int {
	lengths := slices.Sorted(maps.Values(p.functions))
	if len(lengths) == 0 {
		return 0
	}
	return lengths[(len(lengths)*95+99)/100-1]
}

// sizesOf are all sizes that have a limit.
func sizesOf(packages map[string]*measured) map[size]int {
	sizes := map[size]int{}
	for folder, p := range packages {
		sizes[size{"package", folder}] = p.lines
		if len(p.functions) >= leastForP95 {
			sizes[size{"p95", folder}] = p.p95()
		}
		for name, lines := range p.files {
			sizes[size{"file", name}] = lines
		}
		for name, lines := range p.functions {
			sizes[size{"function", name}] = lines
		}
	}
	return sizes
}

// wrongSizes says what is too large, and which exceptions are none any more.
func wrongSizes(sizes, allowed map[size]int) (wrong []string) {
	for s, lines := range sizes {
		if most := max(mayHave[s.kind], allowed[s]); lines > most {
			wrong = append(wrong, fmt.Sprintf("%s %s has %d lines, and may have %d", s.kind, s.name, lines, most))
		}
	}
	for s := range allowed {
		if sizes[s] <= mayHave[s.kind] {
			wrong = append(wrong, fmt.Sprintf("%s %s fits or is gone: take it out of largerNow", s.kind, s.name))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// table shows each package, the largest first.
func table(packages map[string]*measured) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "package\tlines\tlongest file\t\tfunctions\tp95\tlongest function")
	folders := slices.SortedFunc(maps.Keys(packages), func(a, b string) int {
		return cmp.Or(cmp.Compare(packages[b].lines, packages[a].lines), cmp.Compare(a, b))
	})
	for _, folder := range folders {
		p := packages[folder]
		file, lines := longest(p.files)
		function, length := longest(p.functions)
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%d\t%d\t%d\t%s\n", folder, p.lines, lines, filepath.Base(file), len(p.functions), p.p95(), length, strings.TrimPrefix(function, folder+"."))
	}
	_ = w.Flush() // a Builder does not fail
	return text.String()
}

// longest is the name with the most lines, the first of several.
func longest(lines map[string]int) (name string, most int) {
	for _, candidate := range slices.Sorted(maps.Keys(lines)) {
		if lines[candidate] > most {
			name, most = candidate, lines[candidate]
		}
	}
	return name, most
}

// TestSizesRefuses shows that the check can fail, and what is counted.
func TestSizesRefuses(t *testing.T) {
	root := t.TempDir()
	long := "package x\n\nfunc (x *T[K]) Long() {\n" + strings.Repeat("\tprintln()\n", 44) + "}\n" + strings.Repeat("\n", 1500)
	for name, text := range map[string]string{
		"x/long.go": long, "x/long_test.go": long, "web/x.go": long, ".x/x.go": long, "generated/x.go": "// Code generated by x, DO NOT EDIT.\n" + long,
		"fine/x.go": "package x\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(root)
	packages, err := measure(".")
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[size]int{{"file", "x/long.go"}: 1500, {"package", "fine"}: 2000, {"package", "x"}: 1600}
	want := []string{
		"file x/long.go has 1548 lines, and may have 1500",
		"file x/long_test.go has 1548 lines, and may have 300",
		"function x.T.Long has 46 lines, and may have 45",
		"package fine fits or is gone: take it out of largerNow",
	}
	if got := wrongSizes(sizesOf(packages), allowed); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
