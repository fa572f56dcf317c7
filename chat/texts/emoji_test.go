package texts

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// An emoji is the same however it was typed, and what cannot be seen or stored is none.
func TestReadEmoji(t *testing.T) {
	for text, want := range map[string]string{
		"❤": "❤", "❤\ufe0f": "❤", "❤\ufe0e": "❤", "\ufe0f❤\ufe0f\ufe0f": "❤", "1\ufe0f\u20e3": "1\u20e3", "👍🏿": "👍🏿", "🇩🇪": "🇩🇪",
		"👩\u200d🚀": "👩\u200d🚀", "🏳\ufe0f\u200d🌈": "🏳\u200d🌈", "👩🏻\u200d❤\ufe0f\u200d💋\u200d👩🏿": "👩🏻\u200d❤\u200d💋\u200d👩🏿",
		"🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F": "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
		":parrot:": ":parrot:", "+1": "+1", "é": "é", "e\u0301": "é", "e\ufe0f\u0301": "é", "\u1112\u1161\u11ab": "한", "\U0001FAE9": "\U0001FAE9", "\U0001FAFE": "\U0001FAFE",
		strings.Repeat("x", 32): strings.Repeat("x", 32), strings.Repeat("❤\ufe0f", 10): strings.Repeat("❤", 10), "Ω": "Ω",
	} {
		if got, err := ReadEmoji(text); got != want || err != nil {
			t.Errorf("%+q: %+q, %v, want %+q", text, got, err, want)
		}
	}
	for reason, all := range map[string][]string{
		"TOO_SHORT": {"", "\ufe0f", "\ufe0e\ufe0f"},
		"TOO_LONG":  {strings.Repeat("x", 33), strings.Repeat("❤", 11), strings.Repeat("x", 1<<20), strings.Repeat("\ufe0f", 1<<20)},
		"BAD_CHARACTER": {
			"a b", " ❤", "❤\n", "\u00a0", "a\u3000", "a\u2028", "\x00", "a\x00", "a\x7f", "\u0085", "\xff", "\xed\xa0\x80", // spaces, controls, no text
			"\u200d", "\u0301", "\u20e3", "\U000E0067", "\u2800", "\u3164", "\uffa0", "\u115f", "\u034f", // nothing to see
			"❤\u202e", "❤\u200b", "❤\u00ad", "❤\ufeff", "❤\u2066", "❤\ue000", "❤\uffff", "❤\U000E0001", "❤\u0378", "❤\U0010FFFF", // oddities
		},
	} {
		for _, text := range all {
			var told *Error
			if got, err := ReadEmoji(text); !errors.As(err, &told) || told.Reason != reason || got != "" {
				t.Errorf("%+.40q: %+q, %v, want %s", text, got, err, reason)
			}
		}
	}
}

// What is stored is taken as it is.
func FuzzReadEmoji(f *testing.F) {
	for _, text := range []string{"❤\ufe0f", "e\ufe0f\u0301", "👩\u200d🚀", "1\ufe0f\u20e3", "\u1112\u1161\u11ab", ":parrot:", "\u2126", "\u0958", "\u200d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		emoji, err := ReadEmoji(text)
		if err != nil {
			return
		}
		if again, err := ReadEmoji(emoji); err != nil || again != emoji || emoji == "" || len(emoji) > MaxEmoji || !utf8.ValidString(emoji) {
			t.Fatalf("%+q is %+q, and that is %+q, %v", text, emoji, again, err)
		}
	})
}
