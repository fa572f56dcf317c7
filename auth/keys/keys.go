// Package keys holds the root secrets that a server signs with: from a setting, or from a file that it makes and that
// people add keys to and retire keys in. It rests on derivation: each purpose has a secret of its own, and a root
// secret is shown nowhere. It knows no token and no row.
package keys

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Ring holds the keys that sign and verify tokens, the newest first, which signs. It never changes after
// start. No error about it and no printing of it shows a secret.
type Ring struct{ keys []Key }

// Key is what is derived from one root secret: a secret for each purpose. However it is printed it shows none.
type Key struct {
	ID      string
	secrets [len(labels)][]byte
}

// Purpose is what a derived secret is for. Each kind of token has one of its own, so that a token of one kind fails as
// the other already at its signature.
type Purpose int

// The purposes.
const (
	AccessTokens Purpose = iota
	RefreshTokens
	SignInLimits // names the buckets of wrong passwords
)

// labels are what the secrets are derived with.
var labels = [...]string{
	AccessTokens:  "parley/access/v1",
	RefreshTokens: "parley/refresh/v1",
	SignInLimits:  "parley/limits/v1",
}

// Secret is the one for a purpose.
func (k Key) Secret(p Purpose) []byte { return k.secrets[p] }

const (
	minSecret   = 32 // bytes of a root secret
	minDistinct = 16 // different byte values in it: fewer come from a keyboard, not from a random source
)

// Parse reads the value of PARLEY_SIGNING_KEY: base64 root secrets of at least 32 bytes,
// separated by commas. The first signs, all verify.
func Parse(list string) (*Ring, error) {
	var keys []Key
	for i, text := range strings.Split(list, ",") {
		k, err := parseKey(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		keys = append(keys, k)
	}
	return newRing(keys)
}

func parseKey(text string) (Key, error) {
	secret, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return Key{}, errors.New("not base64") // the decoder's own error shows a byte of it
	}
	return deriveKey(secret)
}

// deriveKey derives the keys of a root secret (RFC 5869, without salt).
func deriveKey(secret []byte) (Key, error) {
	if len(secret) < minSecret {
		return Key{}, fmt.Errorf("the secret has %d bytes, and %d are the least", len(secret), minSecret)
	}
	distinct := map[byte]bool{}
	for _, b := range secret {
		distinct[b] = true
	}
	if len(distinct) < minDistinct {
		return Key{}, fmt.Errorf("the secret has only %d different bytes; make one with: openssl rand -base64 32", len(distinct))
	}
	kid, err := hkdf.Key(sha256.New, secret, nil, "parley/kid/v1", 8)
	if err != nil {
		return Key{}, fmt.Errorf("derive key id: %w", err)
	}
	k := Key{ID: hex.EncodeToString(kid)}
	for p, label := range labels {
		if k.secrets[p], err = hkdf.Key(sha256.New, secret, nil, label, 32); err != nil {
			return Key{}, fmt.Errorf("derive key: %w", err)
		}
	}
	return k, nil
}

func newRing(keys []Key) (*Ring, error) {
	for i, k := range keys {
		if slices.ContainsFunc(keys[:i], func(other Key) bool { return other.ID == k.ID }) {
			return nil, fmt.Errorf("key %s is given twice", k.ID)
		}
	}
	return &Ring{keys: keys}, nil
}

// String names the keys and shows no secret; the verbs of fmt that would look inside use it too.
func (r *Ring) String() string {
	kids := make([]string, len(r.keys))
	for i, k := range r.keys {
		kids[i] = k.ID
	}
	return "keyring " + strings.Join(kids, " ")
}

// Format keeps %+v and %#v from showing what String leaves out.
func (r *Ring) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(r.String())) }

// Format keeps every verb from showing more of a key than its id.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("key " + k.ID)) }

// All are the keys, the one that signs first.
func (r *Ring) All() []Key { return slices.Clone(r.keys) }

// Signer is the key that new tokens are signed with.
func (r *Ring) Signer() Key { return r.keys[0] }

// ByID is the key of that id, or the signer when it was retired meanwhile.
func (r *Ring) ByID(kid string) Key {
	for _, k := range r.keys {
		if k.ID == kid {
			return k
		}
	}
	return r.Signer()
}
