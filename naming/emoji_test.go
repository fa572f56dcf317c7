package naming_test

import (
	"testing"

	"parley/naming"
)

func TestEmoji(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain", "": "",
		"❤️":             "❤",
		"I ❤️ this":      "I ❤ this",
		"👩‍🚀":            "👩🚀",
		"👩🏽‍🚀":           "👩🏽🚀",
		"🏳️‍🌈":           "🏳🌈",
		"👩‍❤️‍💋‍👨":       "👩❤💋👨",
		"1️⃣":            "1",
		"#️⃣ room":       "# room",
		"+\uFE0F":        "+\uFE0F",
		"a\uFE0F":        "a\uFE0F",
		"\uFE0F":         "\uFE0F",
		"\u200D":         "\u200D",
		"a\u200Db":       "a\u200Db",
		"👩\u200D":        "👩\u200D",
		"👩\u200Da":       "👩\u200Da",
		"👩\u200D\u200D🚀": "👩\u200D\u200D🚀",
		"1\uFE0F":        "1\uFE0F",
		"1\u20E3":        "1\u20E3",
		"❤\uFE0F\uFE0F":  "❤\uFE0F",
	} {
		shown, parts := naming.Emoji(text)
		if parts != want || shown != text {
			t.Errorf("%+q becomes %+q and %+q, want %+q", text, shown, parts, want)
		}
	}
	for text, want := range map[string]string{"ℹ️": "ℹ", "™️!": "™!", "Ⓜ️ ‼️": "Ⓜ ‼"} { // which become letters
		if shown, parts := naming.Emoji(text); shown != want || parts != want {
			t.Errorf("%+q becomes %+q and %+q, want %+q", text, shown, parts, want)
		}
	}
}

func TestSays(t *testing.T) {
	for _, text := range []string{"a", "7", "🎉", "é", "e\u0301", "नमस्ते", "!", "€", "日", " x "} {
		if !naming.Says(text) {
			t.Errorf("%+q says nothing", text)
		}
	}
	for _, text := range []string{"", " ", "\u00a0\u3000", "\u0301", "\u0301\u0302", " \u0301 \u0308", "\u2800\u2800", "``", "^", "ˊˋ", "\u0489"} {
		if naming.Says(text) {
			t.Errorf("%+q says something", text)
		}
	}
}
