package naming

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestReaction(t *testing.T) {
	for _, c := range []struct{ text, emoji, reason string }{
		{"👍", "👍", ""},
		{"❤️", "❤", ""},
		{"❤︎", "❤", ""},
		{"❤", "❤", ""},
		{"👍🏽", "👍🏽", ""},
		{"👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦", ""},
		{"🧑🏻‍❤️‍💋‍🧑🏿", "🧑🏻‍❤‍💋‍🧑🏿", ""}, // 35 bytes, and 32 without the selector
		{"🏳️‍🌈", "🏳‍🌈", ""},
		{"🙂‍↔️", "🙂‍↔", ""},
		{"🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", ""},
		{"🇩🇪", "🇩🇪", ""},
		{"1️⃣", "1⃣", ""},
		{"1⃣", "1⃣", ""},
		{"\U0001FAEA", "\U0001FAEA", ""}, // no table of today has it
		{":parrot:", ":parrot:", ""},
		{"+1", "+1", ""},
		{"né", "né", ""},
		{"né", "né", ""},
		{"e️́", "é", ""}, // a selector within
		{"", "", "TOO_SHORT"},
		{"️", "", "TOO_SHORT"},
		{strings.Repeat("a", 32), strings.Repeat("a", 32), ""},
		{strings.Repeat("a", 33), "", "TOO_LONG"},
		{strings.Repeat("️", 1000), "", "TOO_LONG"},
		{"two words", "", "BAD_CHARACTER"},
		{"👍 ", "", "BAD_CHARACTER"},
		{"👍 ", "", "BAD_CHARACTER"},
		{"👍\n", "", "BAD_CHARACTER"},
		{"a\x00", "", "BAD_CHARACTER"},
		{"\xff", "", "BAD_CHARACTER"},
		{"👍\u200f", "", "BAD_CHARACTER"}, // a mark of direction
		{"\u202e:)", "", "BAD_CHARACTER"},
		{"👍\u200d", "", "BAD_CHARACTER"}, // holds nothing
		{"\u200d", "", "BAD_CHARACTER"},
		{"a\u200db", "", "BAD_CHARACTER"},
		{"\u20e3", "", "BAD_CHARACTER"},
		{"a\u20e3", "", "BAD_CHARACTER"},
		{"\u200b", "", "BAD_CHARACTER"},
		{"\u3164", "", "BAD_CHARACTER"}, // a filler
		{"\u2800", "", "BAD_CHARACTER"},
		{"\u0301", "", "BAD_CHARACTER"},
		{"\u034f", "", "BAD_CHARACTER"},
		{"👍\U000E0101", "", "BAD_CHARACTER"},
		{"👍\U000E0067\U000E007F", "", "BAD_CHARACTER"}, // tags of no flag
		{"🏴\U000E0067", "", "BAD_CHARACTER"},
		{"🏴a\U000E007F", "", "BAD_CHARACTER"},
		{"\ue000", "", "BAD_CHARACTER"},     // private
		{"\U000E1000", "", "BAD_CHARACTER"}, // nothing
		{"\ufdd0", "", "BAD_CHARACTER"},
	} {
		emoji, reason := Reaction(c.text)
		if emoji != c.emoji || reason != c.reason {
			t.Errorf("%+q: %+q %s, want %+q %s", c.text, emoji, reason, c.emoji, c.reason)
		}
	}
}

// What is taken is short, in NFC, and read again it is the same: a client may send what it was given.
func FuzzReaction(f *testing.F) {
	for _, text := range []string{"❤️", "👨‍👩‍👧‍👦", "1️⃣", ":parrot:", "e️́", "🏴\U000E0067\U000E007F", "👍\u200d", "\xff", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		emoji, reason := Reaction(text)
		if (emoji == "") == (reason == "") {
			t.Fatalf("%+q: %+q %q", text, emoji, reason)
		}
		if reason != "" {
			return
		}
		if len(emoji) > MaxReaction || !utf8.ValidString(emoji) || !norm.NFC.IsNormalString(emoji) || strings.ContainsAny(emoji, "\uFE0E\uFE0F \n\x00\u200f") {
			t.Errorf("%+q is taken as %+q", text, emoji)
		}
		if again, reason := Reaction(emoji); again != emoji || reason != "" {
			t.Errorf("%+q is taken as %+q, and that as %+q %s", text, emoji, again, reason)
		}
		if styled, reason := Reaction(emoji + "\uFE0F"); styled != emoji || reason != "" {
			t.Errorf("%+q with a selector is %+q %s", emoji, styled, reason)
		}
	})
}
