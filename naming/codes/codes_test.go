package codes

import (
	"strings"
	"testing"
)

// A code is taken as people write it down, and nothing else is.
func TestCodes(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		code := New()
		for _, written := range []string{code, strings.ToLower(code), strings.ReplaceAll(strings.ReplaceAll(code, "1", "l"), "0", "o")} {
			if got, ok := Parse(written); !ok || got != code {
				t.Errorf("%s is read as %s, %v", written, got, ok)
			}
		}
		seen[code] = true
	}
	if len(seen) != 100 {
		t.Error("codes come twice")
	}
	for _, wrong := range []string{"", "1", strings.Repeat("U", 26), strings.Repeat("1", 25), strings.Repeat("1", 27), strings.Repeat("é", 13), "\n" + strings.Repeat("1", 25), strings.Repeat("1", 26)} {
		if got, ok := Parse(wrong); ok {
			t.Errorf("%q is read as %s", wrong, got)
		}
	}
}
