package naming

import (
	"strings"
	"testing"
)

func TestImages(t *testing.T) {
	for text, want := range map[string]string{
		"https://example.org/a.png":                            "",
		"http://127.0.0.1:8080/a?b=c%20d#e":                    "",
		"https://[::1]/a":                                      "",
		"https://example.org/" + strings.Repeat("a", MaxImage): "TOO_LONG",
		"":                             "BAD_CHARACTER",
		"a.png":                        "BAD_CHARACTER",
		"//example.org/a.png":          "BAD_CHARACTER",
		"data:image/png;base64,AA==":   "BAD_CHARACTER",
		"javascript:alert(1)":          "BAD_CHARACTER",
		"https:///a.png":               "BAD_CHARACTER",
		"https://ann@example.org/a":    "BAD_CHARACTER",
		"https://example.org/a b":      "BAD_CHARACTER",
		"https://example.org/\u202ea":  "BAD_CHARACTER",
		"https://example.org/\"onload": "BAD_CHARACTER",
		"https://exämple.org/":         "BAD_CHARACTER",
	} {
		if got := CheckImage(text); got != want {
			t.Errorf("%.60q is %q, want %q", text, got, want)
		}
	}
}
