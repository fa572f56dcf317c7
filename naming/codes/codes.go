// Package codes is what codes of invites look like, and how long and how often one may let somebody in, into a room or onto the
// server alike. It knows no row.
package codes

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"
)

const (
	maxUses = 1000

	// MostLive is how many invites of one room, or of the server, let somebody in at a time.
	MostLive = 100

	// KeptFor is how long an invite that has ended is kept, so that it is known when its maker sends the call again.
	KeptFor = 24 * time.Hour
)

// Terms are how often and how long an invite lets somebody in.
type Terms struct {
	Uses  *int       // nil: any number
	Until *time.Time // nil: it does not end by time
}

// NewTerms are those of an invite that is made now: uses is 1 to 1000, 0 for any number, nil for 1; until is in the future. What cannot be
// is said by the name of the argument and what is wrong with it, which is OUT_OF_RANGE.
func NewTerms(uses *int, until *time.Time, now time.Time) (t Terms, field, detail string) {
	n := 1
	if uses != nil {
		n = *uses
	}
	if n < 0 || n > maxUses {
		return t, "uses", "is 0 to 1000"
	}
	if n > 0 {
		t.Uses = &n
	}
	if until == nil {
		return t, "", ""
	}
	at := until.UTC().Truncate(time.Millisecond) // as all that is stored
	if !at.After(now) || at.Year() > 9999 {
		return t, "until", "is in the future"
	}
	t.Until = &at
	return t, "", ""
}

// alphabet is that of codes, without letters that are taken for digits or for each other: Crockford's base32, crockford.com/base32.html.
var alphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// IsCode says whether a text is a code as it is stored.
func IsCode(text string) bool {
	code, ok := Parse(text)
	return ok && code == text
}

// AreUses says whether so many uses, and so many of them left, are stored with an invite.
func AreUses(uses, left int64) bool { return uses >= 1 && uses <= maxUses && left >= 0 && left <= uses }

// New makes a code of an invite: 128 random bits, 26 characters.
func New() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return alphabet.EncodeToString(b[:])
}

// Parse reads a code as somebody may have typed it. Not ok: no invite has it.
func Parse(text string) (code string, ok bool) {
	if len(text) != alphabet.EncodedLen(16) {
		return "", false
	}
	code = strings.NewReplacer("I", "1", "L", "1", "O", "0").Replace(strings.ToUpper(text))
	bits, err := alphabet.DecodeString(code) // which overlooks line breaks and spare bits
	return code, err == nil && alphabet.EncodeToString(bits) == code
}
