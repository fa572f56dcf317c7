package naming

import (
	"strings"
	"testing"
)

func TestNickname(t *testing.T) {
	for _, c := range []struct{ text, want, reason string }{
		{"Ann", "Ann", ""},
		{"  Ann   of  the House ", "Ann of the House", ""},
		{"Ａｎｎ", "Ann", ""}, // NFKC
		{"José", "José", ""},
		{"Анна", "Анна", ""},
		{"李 小龍", "李 小龍", ""},
		{"Ann 🦊", "Ann 🦊", ""},
		{"a", "a", ""},
		{strings.Repeat("n", 64), strings.Repeat("n", 64), ""},
		{strings.Repeat("🦊", 64), strings.Repeat("🦊", 64), ""},
		{strings.Repeat("n", 65), "", "TOO_LONG"},
		{strings.Repeat("ﷺ", 10), "", "TOO_LONG"}, // 18 characters each in NFKC
		{strings.Repeat("n", 1<<20), "", "TOO_LONG"},
		{"", "", "TOO_SHORT"},
		{"   ", "", "TOO_SHORT"},
		{"\u00a0\u2003", "", "TOO_SHORT"},
		{"a\x00b", "", "BAD_CHARACTER"},
		{"a\nb", "", "BAD_CHARACTER"},
		{"a\tb", "", "BAD_CHARACTER"},
		{"a\u202eb", "", "BAD_CHARACTER"}, // marks of direction
		{"a\u200fb", "", "BAD_CHARACTER"},
		{"a\u061cb", "", "BAD_CHARACTER"},
		{"a\u2066b", "", "BAD_CHARACTER"},
		{"a\u200bb", "", "BAD_CHARACTER"}, // not seen
		{"a\u2028b", "", "BAD_CHARACTER"},
		{"می\u200cخواهم", "می\u200cخواهم", ""}, // Persian: between letters that would join
		{"क्\u200dष", "क्\u200dष", ""},         // Hindi: behind a virama
		{"क्\u200cष", "क्\u200cष", ""},         // and the other one
		{"a\u200cb", "", "BAD_CHARACTER"},      // where neither is seen
		{"a\u200db", "", "BAD_CHARACTER"},      //
		{"د\u200cد", "", "BAD_CHARACTER"},      // of letters that do not join
		{"\u200d", "", "TOO_SHORT"},            //
		{"Ann 👩‍🚀", "Ann 👩‍🚀", ""},             // emoji of several parts
		{"❤️", "❤️", ""},                       //
		{"🏳️‍🌈  Ａnn ", "🏳️‍🌈 Ann", ""},         //
		{"\u2800\u2800", "", "TOO_SHORT"},      // Braille without a dot
		{"\u0301", "", "TOO_SHORT"},            // an accent of nothing
		{"a\ufe0f", "", "BAD_CHARACTER"},       //
		{"\u3164", "", "BAD_CHARACTER"},        // an empty letter
		{"a\ue000", "", "BAD_CHARACTER"},       // of nobody's meaning
		{"a\xff", "", "BAD_CHARACTER"},
	} {
		name, reason := Nickname(c.text)
		if name != c.want || reason != c.reason {
			t.Errorf("%.40q is %q %s, want %q %s", c.text, name, reason, c.want, c.reason)
		}
		if again, _ := Nickname(name); again != name {
			t.Errorf("%q is stored, and not taken again: %q", name, again)
		}
	}
}
