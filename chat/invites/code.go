package invites

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
)

// codes are written without letters that are taken for digits or for each other: Crockford's base32, crockford.com/base32.html.
var codes = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// newCode makes a code of 128 random bits, 26 characters.
func newCode() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return codes.EncodeToString(b[:])
}

// parseCode reads a code as somebody may have typed it. Not ok: no invite has it.
func parseCode(text string) (code string, ok bool) {
	if len(text) != codes.EncodedLen(16) {
		return "", false
	}
	code = strings.NewReplacer("I", "1", "L", "1", "O", "0").Replace(strings.ToUpper(text))
	bits, err := codes.DecodeString(code) // which overlooks line breaks and spare bits
	return code, err == nil && codes.EncodeToString(bits) == code
}
