package subjects

import (
	"slices"
	"strings"
	"testing"

	"parley/naming/usernames"
)

// The first candidates for what an issuer calls somebody, those without chance.
func TestCandidates(t *testing.T) {
	long := strings.Repeat("n", 40)
	for called, want := range map[string][]string{
		"ann":                  {"ann", "ann-2", "ann-3", "ann-4", "ann-5"},
		"Ann.Lee@example.org":  {"Ann.Lee", "Ann.Lee-2", "Ann.Lee-3", "Ann.Lee-4", "Ann.Lee-5"},
		"ann@a@b":              {"ann", "ann-2", "ann-3", "ann-4", "ann-5"},
		"Ann Lee":              {"AnnLee", "AnnLee-2", "AnnLee-3", "AnnLee-4", "AnnLee-5"},
		" ..-ann-.. ":          {"ann", "ann-2", "ann-3", "ann-4", "ann-5"},
		"al":                   {"al-2", "al-3", "al-4", "al-5"}, // too short alone
		"a\u202enn\u200b":      {"ann", "ann-2", "ann-3", "ann-4", "ann-5"},
		"a\x00nn\r\n":          {"ann", "ann-2", "ann-3", "ann-4", "ann-5"},
		"an\uFFFDn":            {"ann", "ann-2", "ann-3", "ann-4", "ann-5"},
		"<b>ann</b>":           {"bannb", "bannb-2", "bannb-3", "bannb-4", "bannb-5"},
		"José":                 {"José", "José-2", "José-3", "José-4", "José-5"},
		"Jose\u0301":           {"José", "José-2", "José-3", "José-4", "José-5"},
		"李小龍":                  {"李小龍", "李小龍-2", "李小龍-3", "李小龍-4", "李小龍-5"},
		"Ａｎｎ":                  {"Ａｎｎ", "Ａｎｎ-2", "Ａｎｎ-3", "Ａｎｎ-4", "Ａｎｎ-5"}, // whose key is ann
		long:                   {long[:32], long[:30] + "-2", long[:30] + "-3", long[:30] + "-4", long[:30] + "-5"},
		long[:29] + ".n":       {long[:29] + ".n", long[:29] + "-2", long[:29] + "-3", long[:29] + "-4", long[:29] + "-5"},
		"":                     nil,
		"@example.org":         nil,
		"---":                  nil,
		"🦊🦊🦊":                  nil,
		"\u0301\u0302":         nil,
		"аdmin":                nil, // Cyrillic and Latin
		"a\u0300\u0301\u0302b": nil, // a tower
		"01890a5dac96774bbcceb302099a8057": {
			"01890a5dac96774bbcceb302099a80-2", "01890a5dac96774bbcceb302099a80-3", "01890a5dac96774bbcceb302099a80-4", "01890a5dac96774bbcceb302099a80-5",
		}, // else an id
	} {
		var got []string
		for n := range candidates(called) {
			again, reason := usernames.Parse(n.Display)
			if reason != "" || again != n {
				t.Errorf("%+q: %+q is no username: %s", called, n.Display, reason)
			}
			got = append(got, n.Display)
		}
		if len(got) < 3 || !strings.HasPrefix(got[len(got)-1], neutral+"-") {
			t.Errorf("%+q: the last resort is missing: %q", called, got)
		}
		if fixed := got[:min(len(want), len(got))]; !slices.Equal(fixed, want) {
			t.Errorf("%+q: got %q, want %q first", called, got, want)
		} else if want == nil && !strings.HasPrefix(got[0], neutral+"-") {
			t.Errorf("%+q: got %q, want a neutral name", called, got[0])
		}
	}
}

// However hostile a name is, looking at it ends, and a name comes of it.
func FuzzCandidates(f *testing.F) {
	f.Add("ann@example.org")
	f.Add(strings.Repeat("\u0301", 10_000))
	f.Add(strings.Repeat("ﷺ", 100))
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, called string) {
		n := 0
		for name := range candidates(called) {
			if _, reason := usernames.Parse(name.Display); reason != "" {
				t.Errorf("%+q: %+q is no username: %s", called, name.Display, reason)
			}
			n++
		}
		if n < 3 || n > 11 {
			t.Errorf("%+q: %d candidates", called, n)
		}
	})
}
