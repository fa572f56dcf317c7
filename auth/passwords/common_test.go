package passwords

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// The list is searched by halves, so its order decides what is found.
func TestCommonList(t *testing.T) {
	lines := slices.Collect(strings.Lines(commonList))
	listed := map[string]bool{}
	for i, line := range lines {
		text, ended := strings.CutSuffix(line, "\n")
		if !ended || utf8.RuneCountInString(text) < shortest || strings.ToLower(text) != text || i > 0 && line <= lines[i-1] {
			t.Fatalf("line %d is %q after %q", i+1, line, lines[max(0, i-1)])
		}
		listed[text] = true
	}
	if len(listed) < 10_000 {
		t.Errorf("%d passwords", len(listed))
	}
	for text := range listed {
		for _, near := range []string{text, text[1:], text[:len(text)-1], text + "a", text + "\n", "!" + text} {
			if got := isCommon(near); got != listed[near] {
				t.Fatalf("%q is common: %v", near, got)
			}
		}
	}
	for _, text := range []string{"", "\n", "PASSWORD123", "\xff\xff\xff\xff\xff\xff\xff\xff"} {
		if got := isCommon(text); got != (text == "PASSWORD123") {
			t.Errorf("%q is common: %v", text, got)
		}
	}
}
