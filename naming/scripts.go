package naming

import "unicode"

// together are the scripts that one name may mix: Japanese, Korean and Taiwanese are written so.
var together = [][]string{
	{"Han", "Hiragana", "Katakana"},
	{"Han", "Hangul"},
	{"Han", "Bopomofo"},
}

// Scripts are those of a name's characters, without what all scripts share.
func Scripts(name string) map[string]bool {
	scripts := map[string]bool{}
	for _, r := range name {
		if isOf(scripts, r) { // as most letters are: there are many tables
			continue
		}
		if s := scriptOf(r); s != "Common" && s != "Inherited" {
			scripts[s] = true
		}
	}
	return scripts
}

// isOf says whether a character is of one of these scripts.
func isOf(scripts map[string]bool, r rune) bool {
	for s := range scripts {
		if table := unicode.Scripts[s]; table != nil && unicode.Is(table, r) {
			return true
		}
	}
	return false
}

// OneScript says whether one name may have characters of all these, so that no letter passes for another's.
// There is no table of lookalikes.
func OneScript(scripts map[string]bool) bool {
	if len(scripts) <= 1 {
		return true
	}
	for _, group := range together {
		found := 0
		for _, s := range group {
			if scripts[s] {
				found++
			}
		}
		if found == len(scripts) {
			return true
		}
	}
	return false
}

// scriptOf names the one script of a character (Unicode, Scripts.txt). Unassigned ones have none.
func scriptOf(r rune) string {
	if r < 0x80 {
		if unicode.IsLetter(r) {
			return "Latin"
		}
		return "Common"
	}
	for script, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return script
		}
	}
	return "Unknown"
}
