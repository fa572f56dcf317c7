package usernames

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"
)

var badNames = []struct{ text, reason string }{
	{"", "TOO_SHORT"},
	{"ab", "TOO_SHORT"},
	{strings.Repeat("x", 33), "TOO_LONG"},
	{strings.Repeat("x", 300), "TOO_LONG"},
	{"an na", "BAD_CHARACTER"},
	{" anna", "BAD_CHARACTER"},
	{"an\x00na", "BAD_CHARACTER"},
	{"an\u200dna", "BAD_CHARACTER"},     // zero-width joiner
	{"an\u200bna", "BAD_CHARACTER"},     // zero-width space
	{"an\u202ena", "BAD_CHARACTER"},     // right-to-left override
	{"क्\u200dष", "BAD_CHARACTER"},      // a joiner that PRECIS allows
	{"anna\U0001f600", "BAD_CHARACTER"}, // emoji
	{"anna@home", "BAD_CHARACTER"},
	{"anna/home", "BAD_CHARACTER"},
	{"anna.", "BAD_CHARACTER"},
	{"anna-", "BAD_CHARACTER"},
	{".anna", "BAD_CHARACTER"},
	{"-anna", "BAD_CHARACTER"},
	{"anna\xff", "BAD_CHARACTER"},
	{"\u0430nna", "MIXED_SCRIPTS"}, // Cyrillic а
	{"аnna", "MIXED_SCRIPTS"},
	{"ann\u03b1", "MIXED_SCRIPTS"},             // Greek α
	{"山anna", "MIXED_SCRIPTS"},                 // Han and Latin
	{"ひらがな한글", "MIXED_SCRIPTS"},                // kana and Hangul
	{"anx\u0301a", "BAD_CHARACTER"},            // an accent that NFC could not put into the letter
	{"123\u0301", "BAD_CHARACTER"},             // an accent on a digit
	{"\u0301anna", "BAD_CHARACTER"},            // an accent on nothing
	{"אבג\u05b0\u05b1\u05b2", "BAD_CHARACTER"}, // a tower of marks
	{"1über", "BAD_CHARACTER"},                 // x/text applies the bidi rule: no digit first beside letters outside ASCII
	{"01890a5dac96774bbcceb302099a8057", "LOOKS_LIKE_ID"},
	{"01890A5DAC96774BBCCEB302099A8057", "LOOKS_LIKE_ID"},
	{"01890a5d-ac96-774b-bcce-b302099a8057", "TOO_LONG"},
	{"urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", "BAD_CHARACTER"},
}

var goodNames = []struct{ text, display, key string }{
	{"ada", "ada", "ada"},
	{"Ada_L.-9", "Ada_L.-9", "ada_l.-9"},
	{"_x_", "_x_", "_x_"},
	{"007", "007", "007"},
	{strings.Repeat("x", 32), strings.Repeat("x", 32), strings.Repeat("x", 32)},
	{"Ａｎｎａ", "Ａｎｎａ", "anna"},
	{"Mu\u0308nchen", "M\u00fcnchen", "m\u00fcnchen"},
	{"Straße", "Straße", "straße"},
	{"Борис", "Борис", "борис"},
	{"山田はなこ", "山田はなこ", "山田はなこ"},
	{"漢字한글", "漢字한글", "漢字한글"},
	{"हिन्दी", "हिन्दी", "हिन्दी"},
}

func TestNames(t *testing.T) {
	for _, c := range badNames {
		if n, reason := Parse(c.text); reason != c.reason || n != (Name{}) {
			t.Errorf("%+q: %q, want %s", c.text, reason, c.reason)
		}
	}
	for _, c := range goodNames {
		if n, reason := Parse(c.text); reason != "" || n != (Name{c.display, c.key}) {
			t.Errorf("%+q: %+v %s", c.text, n, reason)
		}
	}
}

// Whatever strangers type: a name that is accepted has one key, however it is written again.
func FuzzName(f *testing.F) {
	for _, c := range badNames {
		f.Add(c.text)
	}
	for _, c := range goodNames {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, reason := Parse(text)
		if reason != "" {
			if n != (Name{}) {
				t.Fatalf("%q is refused and is %+v", text, n)
			}
			return
		}
		if got := utf8.RuneCountInString(n.Key); got < shortest || got > Max {
			t.Fatalf("%q has a key of %d characters", text, got)
		}
		if _, err := uuid.Parse(n.Key); err == nil || !utf8.ValidString(n.Key) {
			t.Fatalf("%q has the key %q", text, n.Key)
		}
		for _, again := range []string{n.Key, n.Display} {
			if m, reason := Parse(again); reason != "" || m.Key != n.Key {
				t.Fatalf("%q has the key %q, and %q the key %q %s", text, n.Key, again, m.Key, reason)
			}
		}
	})
}
