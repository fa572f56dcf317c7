package usernames

import (
	"testing"
	"unicode/utf8"
)

// Whoever types the beginning of a name, as it is shown or as it is kept, finds it.
func FuzzUserPrefix(f *testing.F) {
	for _, c := range badNames {
		f.Add(c.text)
	}
	for _, c := range goodNames {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if from, _, ok := Range(text); ok && !utf8.ValidString(from) {
			t.Fatalf("%q is folded to %q", text, from)
		}
		n, reason := Parse(text)
		if reason != "" {
			return
		}
		for _, form := range []string{n.Key, n.Display} {
			for i := range form {
				from, until, ok := Range(form[:i])
				if !ok || n.Key < from || until != "" && n.Key >= until {
					t.Fatalf("%q of %q is folded to %q, until %q", form[:i], n.Key, from, until)
				}
			}
		}
	})
}
