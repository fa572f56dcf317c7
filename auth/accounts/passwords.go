package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"parley/auth"
	"parley/auth/usernames"
	"parley/tuning"
)

// Bounds of a password.
const (
	MinPassword      = 8    // code points
	MaxPasswordBytes = 1024 // bytes as typed; longer ones are refused, never cut
)

// checkPassword judges a new password by its text; field is the argument it came in.
// InvalidError: TOO_LONG, BAD_CHARACTER, TOO_SHORT, COMMON, EQUALS_USERNAME.
func checkPassword(field, password, nameKey string) error {
	// Length before anything else: what follows takes time with it.
	if len(password) > MaxPasswordBytes {
		return &auth.InvalidError{Field: field, Reason: "TOO_LONG"}
	}
	if !utf8.ValidString(password) {
		return &auth.InvalidError{Field: field, Reason: "BAD_CHARACTER"}
	}
	password = norm.NFC.String(password)
	first, _ := utf8.DecodeRuneInString(password)
	name, _ := usernames.Parse(password)
	switch {
	case utf8.RuneCountInString(password) < MinPassword:
		return &auth.InvalidError{Field: field, Reason: "TOO_SHORT"}
	case strings.Trim(password, string(first)) == "", isCommon(password):
		return &auth.InvalidError{Field: field, Reason: "COMMON"}
	case name.Key == nameKey:
		return &auth.InvalidError{Field: field, Reason: "EQUALS_USERNAME"}
	}
	return nil
}

// cost are the parameters of one argon2id.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// recommended is what new hashes cost: 19 MiB and two passes (OWASP, Password Storage).
var recommended = cost{memory: 19456, passes: 2, threads: 1}

// dearest bounds what a stored hash may cost, about fourteen times what a new one does: whoever signs in makes the
// server pay it before anybody is known, and a hash of 1 GiB ends a server that has less.
var dearest = cost{memory: 64 << 10, passes: 8, threads: 4}

const (
	saltBytes = 16
	hashBytes = 32

	minSaltBytes, maxSaltBytes = 8, 64 // of a stored hash
)

// hash is one argon2id with all that made it. Its text is the PHC string format.
type hash struct {
	cost
	salt, sum []byte
}

func (c cost) hash(password string) hash {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails, see crypto/rand
	return hash{cost: c, salt: salt, sum: c.sum(password, salt)}
}

func (c cost) sum(password string, salt []byte) []byte {
	if utf8.ValidString(password) { // what is not matches nothing, and x/text need not see it
		password = norm.NFC.String(password)
	}
	return argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, hashBytes)
}

func (h hash) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.cost.sum(password, h.salt), h.sum) == 1
}

func (h hash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.memory, h.passes, h.threads, b64.EncodeToString(h.salt), b64.EncodeToString(h.sum))
}

// parseHash reads the text of a hash and nothing that hash.String would not have written: what it
// read must give the same text again. It refuses what costs more than dearest.
func parseHash(text string) (h hash, err error) {
	parts := strings.Split(text, "$")
	if len(parts) == 6 {
		b64 := base64.RawStdEncoding.Strict()
		_, _ = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.threads)
		h.salt, _ = b64.DecodeString(parts[4])
		h.sum, _ = b64.DecodeString(parts[5])
	}
	switch {
	case h.String() != text, len(h.salt) < minSaltBytes, len(h.salt) > maxSaltBytes, len(h.sum) != hashBytes,
		h.passes < 1, h.passes > dearest.passes, h.threads < 1, h.threads > dearest.threads,
		h.memory < 8*uint32(h.threads), h.memory > dearest.memory: // RFC 9106 §3.1
		return hash{}, errors.New("stored password hash is not one of argon2id") // its text is a secret
	}
	return h, nil
}

// hasher hashes passwords, at most so many at once: 64 argon2id at once take 9 s and 1 GiB.
type hasher struct {
	cost    cost
	dummy   string // checked for names that do not exist, so that both take the same time
	slots   *slots
	garbage tuning.Garbage // what hashes leave behind, 19 MiB each
	hashed  atomic.Uint64  // hashes made
	refused atomic.Uint64  // callers who got no slot in time
}

func newHasher(o Options) *hasher {
	if o.cost == (cost{}) {
		o.cost = recommended
	}
	return &hasher{
		cost:  o.cost,
		dummy: o.cost.hash(rand.Text()).String(),
		slots: newSlots(o.HashParallel, o.HashQueue),
	}
}

// turn is on whose behalf a hash is made.
type turn struct {
	network string       // in whose queue it waits
	wanted  func() error // asked with the slot in hand; its error spares the hash
}

// always is a hash that is wanted whatever happened while it waited.
func always() error { return nil }

// make answers the text of a new hash. ErrBusy: there was no slot in time.
func (h *hasher) make(ctx context.Context, password string, t turn) (text string, err error) {
	err = h.inSlot(ctx, t, func() { text = h.cost.hash(password).String() })
	return text, err
}

// verify says whether a password matches the text of a hash. newer is the hash to store instead
// when it does and the old one costs something else; else empty. ErrBusy: there was no slot in time.
// With the error of a client who has left, the answer holds nevertheless.
func (h *hasher) verify(ctx context.Context, text, password string, t turn) (right bool, newer string, err error) {
	old, err := parseHash(text)
	if err != nil {
		return false, "", err
	}
	err = h.inSlot(ctx, t, func() {
		right = old.matches(password)
		if right && old.cost != h.cost {
			newer = h.cost.hash(password).String()
		}
	})
	return right, newer, err
}

// inSlot hashes when there is a slot and it is still wanted. It runs where its caller runs: argon2
// cannot be stopped, so a caller who leaves would otherwise free a slot that is not free.
func (h *hasher) inSlot(ctx context.Context, t turn, hash func()) error {
	if err := h.slots.enter(ctx, t.network); err != nil {
		if errors.Is(err, auth.ErrBusy) {
			h.refused.Add(1)
		}
		return err
	}
	defer h.slots.leave()
	if err := t.wanted(); err != nil {
		return err
	}
	tuning.LowPriority(hash)
	h.hashed.Add(1)
	h.garbage.Dropped(int64(h.cost.memory) << 10)
	return ctx.Err()
}
