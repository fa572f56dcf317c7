package passwords

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"parley/auth/hashcost"
)

// Cost are the parameters of one argon2id.
type Cost struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// recommended is what new hashes cost.
func recommended() (c Cost) {
	c.Memory, c.Passes, c.Threads = hashcost.Argon2id()
	return c
}

// mostCost bounds what a stored hash may cost, about fourteen times what a new one does: whoever signs in makes the
// server pay it before anybody is known, and a hash of 1 GiB ends a server that has less.
var mostCost = Cost{Memory: 64 << 10, Passes: 8, Threads: 4}

const (
	saltBytes = 16
	hashBytes = 32

	minSaltBytes, maxSaltBytes = 8, 64 // of a stored hash
)

// hash is one argon2id with all that made it. Its text is the PHC string format.
type hash struct {
	Cost
	salt, sum []byte
}

func (c Cost) hash(password string) hash {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails, see crypto/rand
	return hash{Cost: c, salt: salt, sum: c.sum(password, salt)}
}

func (c Cost) sum(password string, salt []byte) []byte {
	if utf8.ValidString(password) { // what is not matches nothing, and x/text need not see it
		password = norm.NFC.String(password)
	}
	return argon2.IDKey([]byte(password), salt, c.Passes, c.Memory, c.Threads, hashBytes)
}

func (h hash) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.Cost.sum(password, h.salt), h.sum) == 1
}

func (h hash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.Memory, h.Passes, h.Threads, b64.EncodeToString(h.salt), b64.EncodeToString(h.sum))
}

// parseHash reads the text of a hash and nothing that hash.String would not have written: what it
// read must give the same text again. It refuses what costs more than mostCost.
func parseHash(text string) (h hash, err error) {
	parts := strings.Split(text, "$")
	if len(parts) == 6 {
		b64 := base64.RawStdEncoding.Strict()
		_, _ = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.Memory, &h.Passes, &h.Threads)
		h.salt, _ = b64.DecodeString(parts[4])
		h.sum, _ = b64.DecodeString(parts[5])
	}
	switch {
	case h.String() != text, len(h.salt) < minSaltBytes, len(h.salt) > maxSaltBytes, len(h.sum) != hashBytes,
		h.Passes < 1, h.Passes > mostCost.Passes, h.Threads < 1, h.Threads > mostCost.Threads,
		h.Memory < 8*uint32(h.Threads), h.Memory > mostCost.Memory: // RFC 9106 §3.1
		return hash{}, errors.New("stored password hash is not one of argon2id") // its text is a secret
	}
	return h, nil
}

// CheckHash says whether a text is a hash that Verify can read.
func CheckHash(text string) error {
	_, err := parseHash(text)
	return err
}
