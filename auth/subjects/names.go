package subjects

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"unicode"

	"parley/naming/usernames"
)

// neutral begins the username of somebody whose own can be none.
const neutral = "user"

// candidates are usernames for somebody whom their issuer calls so, the best first: what is left of that, with a small number, with a
// large one, and one that says nothing of them. All can be usernames; whether they are free is not known.
func candidates(called string) iter.Seq[usernames.Name] {
	base := cut(fitting(called), usernames.Max)
	return func(yield func(usernames.Name) bool) {
		offer := func(text string) bool {
			n, reason := usernames.Parse(text)
			return reason != "" || yield(n)
		}
		if base != "" {
			if !offer(base) {
				return
			}
			for i := 2; i <= 5; i++ {
				if !offer(numbered(base, i, 1)) {
					return
				}
			}
		}
		for _, begin := range []string{base, neutral} {
			for digits := 4; begin != "" && digits <= 8; digits += 2 {
				if !offer(numbered(begin, rand.IntN(pow10(digits)), digits)) {
					return
				}
			}
		}
	}
}

// numbered is a name with a number of so many digits behind it, cut so that both have room.
func numbered(base string, number, digits int) string {
	return fmt.Sprintf("%s-%0*d", cut(base, usernames.Max-digits-1), digits, number)
}

func pow10(digits int) int {
	n := 1
	for range digits {
		n *= 10
	}
	return n
}

// mostCalled is how many characters of what an issuer calls somebody are looked at.
const mostCalled = 256

// fitting is what is left of a name up to an @ without what no username has. It may still be none: too short, or of two scripts.
func fitting(called string) string {
	called, _, _ = strings.Cut(called, "@")
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.Is(unicode.Nd, r) || strings.ContainsRune("_-.", r) {
			return r
		}
		return -1
	}, cut(called, mostCalled))
}

// cut is a text of at most so many characters, without what may stand at no edge of a username.
func cut(text string, most int) string {
	n := 0
	for i := range text {
		if n++; n > most {
			text = text[:i]
			break
		}
	}
	return strings.TrimRight(strings.TrimLeftFunc(text, func(r rune) bool { return r == '-' || r == '.' || unicode.IsMark(r) }), "-.")
}
