// Package syntax reads documents as the specification has them: gqlparser does the most of it, and strings that it
// reads otherwise are read again. It knows no schema.
package syntax

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"parley/transport/wire"
)

// Parse reads a document of at most so many tokens; 0: of any number. Strings are those of the specification, where those
// of gqlparser are not (docs/decisions/008-strings-are-read-again.md). A document without escapes by number and block
// strings costs a search for these and nothing more. Errors are a *gqlerror.Error with the place.
func Parse(text string, maxTokens int) (*ast.QueryDocument, error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
	if err != nil || !strings.Contains(text, `\u`) && !strings.Contains(text, `"""`) {
		return doc, err
	}
	l := literals{text: text}
	if !l.read() {
		line, column := locate(text[:l.at])
		return nil, gqlerror.ErrorLocf("", line, column, "Invalid string.")
	}
	if len(l.blocks) > 0 {
		l.blocks.document(doc)
	}
	return doc, nil
}

// locate says where a text ends, as gqlparser counts: from 1, in code points.
func locate(before string) (line, column int) {
	before = lineEnds.Replace(before)
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// literals walks over the strings of a document in which gqlparser finds nothing wrong.
type literals struct {
	text    string
	at      int // bytes
	counted int // bytes of text whose code points have been counted
	runes   int // of these
	blocks  blocks
}

// read returns false at a string that is none; it begins, or its fault does, where at is.
func (l *literals) read() bool {
	for {
		next := strings.IndexAny(l.text[l.at:], `"#`)
		if next < 0 {
			return true
		}
		l.at += next
		good := true
		switch {
		case l.text[l.at] == '#':
			l.skip(strings.IndexAny(l.text[l.at:], "\r\n"))
		case strings.HasPrefix(l.text[l.at:], `"""`):
			good = l.block()
		default:
			good = l.line()
		}
		if !good {
			return false
		}
	}
}

// skip goes so many bytes on; less than 0: to the end.
func (l *literals) skip(n int) {
	if n < 0 {
		n = len(l.text) - l.at
	}
	l.at += n
}

// line walks over a string of one line. Surrogates are one character in pairs, and none alone
// (GraphQL, September 2025, "String Value", static semantics).
func (l *literals) line() bool {
	for l.at++; l.at < len(l.text); {
		switch l.text[l.at] {
		case '"':
			l.at++
			return true
		case '\\':
			size := wire.Escape(l.text[l.at:])
			if size == 0 {
				return false
			}
			l.at += size
		default:
			l.at++
		}
	}
	return true
}

// block reads a block string. It ends at the first three quotes without a backslash; gqlparser takes the last three
// that follow each other, so a quote behind them would be a part of it there.
func (l *literals) block() bool {
	begin := l.at + 3
	end := begin
	for {
		next := strings.Index(l.text[end:], `"""`)
		if next < 0 {
			return false
		}
		if end += next; end == begin || l.text[end-1] != '\\' {
			break
		}
		end += 3
	}
	l.runes += utf8.RuneCountInString(l.text[l.counted:l.at])
	l.counted = l.at
	l.blocks = append(l.blocks, block{l.runes, l.text[begin:end]})
	l.at = end + 3
	return !strings.HasPrefix(l.text[l.at:], `"`)
}

// blockValue takes the common indent from all lines but the first, which has none, and blank lines from both ends
// (GraphQL, September 2025, "String Value", BlockStringValue).
func blockValue(raw string) string {
	raw = strings.ReplaceAll(raw, `\"""`, `"""`)
	lines := strings.Split(lineEnds.Replace(raw), "\n")
	common := len(raw)
	for _, line := range lines[1:] {
		if own := indent(line); own < len(line) {
			common = min(common, own)
		}
	}
	for i, line := range lines[1:] {
		lines[i+1] = line[min(common, len(line)):]
	}
	for len(lines) > 0 && indent(lines[0]) == len(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && indent(lines[len(lines)-1]) == len(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// A block is a block string of a document: where it begins, in code points as in ast.Position, and what is in it.
type block struct {
	at  int
	raw string
}

// blocks are in the order of the document.
type blocks []block

// document puts the values in. Descriptions keep gqlparser's: nobody reads them.
func (b blocks) document(doc *ast.QueryDocument) {
	for _, o := range doc.Operations {
		b.definition(o.VariableDefinitions, o.Directives, o.SelectionSet)
	}
	for _, f := range doc.Fragments {
		b.definition(f.VariableDefinition, f.Directives, f.SelectionSet)
	}
}

func (b blocks) definition(variables ast.VariableDefinitionList, directives ast.DirectiveList, set ast.SelectionSet) {
	for _, variable := range variables {
		b.value(variable.DefaultValue)
		b.directives(variable.Directives)
	}
	b.directives(directives)
	b.selections(set)
}

func (b blocks) selections(set ast.SelectionSet) {
	for _, one := range set {
		switch one := one.(type) {
		case *ast.Field:
			b.arguments(one.Arguments)
			b.directives(one.Directives)
			b.selections(one.SelectionSet)
		case *ast.InlineFragment:
			b.directives(one.Directives)
			b.selections(one.SelectionSet)
		case *ast.FragmentSpread:
			b.directives(one.Directives)
		}
	}
}

func (b blocks) directives(list ast.DirectiveList) {
	for _, directive := range list {
		b.arguments(directive.Arguments)
	}
}

func (b blocks) arguments(list ast.ArgumentList) {
	for _, argument := range list {
		b.value(argument.Value)
	}
}

func (b blocks) value(v *ast.Value) {
	if v == nil {
		return
	}
	if v.Kind == ast.BlockValue {
		i, found := slices.BinarySearchFunc(b, v.Position.Start, func(one block, at int) int { return one.at - at })
		if !found {
			panic(fmt.Sprintf("syntax: gqlparser finds a block string at %d, where there is none", v.Position.Start))
		}
		v.Raw = blockValue(b[i].raw)
	}
	for _, child := range v.Children {
		b.value(child.Value)
	}
}
