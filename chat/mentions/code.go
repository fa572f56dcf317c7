package mentions

import (
	"strings"
	"unicode"
)

// withoutCode puts a blank in the place of each block and each span of code, as CommonMark has them: what is between two lines
// of three or more backticks or tildes, or from the first of them to the end, and within a paragraph what is between two runs of
// as many backticks.
func withoutCode(text string) string {
	if !strings.ContainsAny(text, "`~") {
		return text
	}
	var left, paragraph strings.Builder
	end := func() {
		left.WriteString(withoutSpans(paragraph.String()))
		paragraph.Reset()
	}
	fence := ""
	for line := range strings.Lines(text) {
		switch opens, bare := fenceOf(line); {
		case fence != "":
			if bare && strings.HasPrefix(opens, fence) {
				fence = ""
			}
		case opens != "":
			end()
			left.WriteString("\n")
			fence = opens
		case strings.TrimSpace(line) == "":
			end()
			left.WriteString(line)
		default:
			paragraph.WriteString(line)
		}
	}
	end()
	return left.String()
}

// fenceOf is the run of backticks or tildes with which a line begins or ends a block of code; empty: it does not. bare: nothing
// else is in the line.
func fenceOf(line string) (fence string, bare bool) {
	line = strings.TrimRight(line, " \t\r\n")
	indented := strings.TrimLeft(line, " ")
	if len(line)-len(indented) > 3 || indented == "" {
		return "", false
	}
	sign := indented[:1]
	rest := strings.TrimLeft(indented, sign)
	fence = indented[:len(indented)-len(rest)]
	if sign != "`" && sign != "~" || len(fence) < 3 || sign == "`" && strings.Contains(rest, "`") {
		return "", false
	}
	return fence, rest == ""
}

// withoutSpans does the same with the spans of one paragraph.
func withoutSpans(text string) string {
	runs := runsOf(text)
	if len(runs) == 0 {
		return text
	}
	closing := make([]int, len(runs)) // for each run the next one of its length, 0: none
	next := map[int]int{}
	for i := len(runs) - 1; i >= 0; i-- {
		closing[i] = next[runs[i].length]
		next[runs[i].length] = i
	}
	var left strings.Builder
	from := 0
	for i := 0; i < len(runs); i++ {
		if closing[i] == 0 {
			continue
		}
		left.WriteString(text[from:runs[i].at] + " ")
		i = closing[i]
		from = runs[i].at + runs[i].length
	}
	return left.String() + text[from:]
}

// A run of backticks.
type run struct{ at, length int }

func runsOf(text string) (runs []run) {
	for at := 0; at < len(text); {
		if text[at] != '`' {
			at++
			continue
		}
		length := len(text[at:]) - len(strings.TrimLeft(text[at:], "`"))
		runs = append(runs, run{at, length})
		at += length
	}
	return runs
}

// withoutURLs puts a blank in the place of each address of the web: a scheme, and what follows it up to a blank or an angle bracket.
func withoutURLs(text string) string {
	var left strings.Builder
	for {
		before, after, found := strings.Cut(text, "://")
		if left.WriteString(before); !found {
			return left.String()
		}
		left.WriteByte(' ')
		end := strings.IndexFunc(after, func(r rune) bool { return unicode.IsSpace(r) || r == '<' || r == '>' })
		if end < 0 {
			return left.String()
		}
		text = after[end:]
	}
}
