package accounts

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Keyring holds the keys that sign and verify tokens. The first one signs. It never changes after
// start. No error about it and no printing of it shows a secret.
type Keyring struct {
	keys    []key
	headers map[string]reader // what reads a token that begins with this text
	tickets *tickets          // of access tokens that these keys have verified
}

// key is what is derived from one root secret: one key for each kind of token, so that a token of
// one kind fails as the other already at its signature. A third one names the buckets of wrong
// passwords.
type key struct {
	kid     string
	secrets [len(kinds)][]byte
	limits  []byte
}

// reader is the one key that a token with a certain header may have been signed with.
type reader struct {
	kind   kind
	secret []byte
}

const (
	minSecret   = 32 // bytes of a root secret
	minDistinct = 16 // different byte values in it: fewer come from a keyboard, not from a random source
)

// ParseKeys reads the value of PARLEY_SIGNING_KEY: base64 root secrets of at least 32 bytes,
// separated by commas. The first signs, all verify.
func ParseKeys(list string) (*Keyring, error) {
	var keys []key
	for i, text := range strings.Split(list, ",") {
		k, err := parseKey(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		keys = append(keys, k)
	}
	return newKeyring(keys)
}

func parseKey(text string) (key, error) {
	secret, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return key{}, errors.New("not base64") // the decoder's own error shows a byte of it
	}
	return newKey(secret)
}

// newKey derives the keys of a root secret (RFC 5869, without salt).
func newKey(secret []byte) (key, error) {
	if len(secret) < minSecret {
		return key{}, fmt.Errorf("the secret has %d bytes, and %d are the least", len(secret), minSecret)
	}
	distinct := map[byte]bool{}
	for _, b := range secret {
		distinct[b] = true
	}
	if len(distinct) < minDistinct {
		return key{}, fmt.Errorf("the secret has only %d different bytes; make one with: openssl rand -base64 32", len(distinct))
	}
	kid, err := hkdf.Key(sha256.New, secret, nil, "parley/kid/v1", 8)
	if err != nil {
		return key{}, fmt.Errorf("derive key id: %w", err)
	}
	k := key{kid: hex.EncodeToString(kid)}
	for i, of := range kinds {
		if k.secrets[i], err = hkdf.Key(sha256.New, secret, nil, of.info, 32); err != nil {
			return key{}, fmt.Errorf("derive key: %w", err)
		}
	}
	if k.limits, err = hkdf.Key(sha256.New, secret, nil, "parley/limits/v1", 32); err != nil {
		return key{}, fmt.Errorf("derive key: %w", err)
	}
	return k, nil
}

func newKeyring(keys []key) (*Keyring, error) {
	r := &Keyring{keys: keys, headers: map[string]reader{}, tickets: newTickets()}
	for _, k := range keys {
		for i := range kinds {
			text := headerText(kind(i), k.kid)
			if _, twice := r.headers[text]; twice {
				return nil, fmt.Errorf("key %s is given twice", k.kid)
			}
			r.headers[text] = reader{kind: kind(i), secret: k.secrets[i]}
		}
	}
	return r, nil
}

// String names the keys and shows no secret; the verbs of fmt that would look inside use it too.
func (r *Keyring) String() string {
	kids := make([]string, len(r.keys))
	for i, k := range r.keys {
		kids[i] = k.kid
	}
	return "keyring " + strings.Join(kids, " ")
}

// Format keeps %+v and %#v from showing what String leaves out.
func (r *Keyring) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(r.String())) }

// signer is the key that new tokens are signed with.
func (r *Keyring) signer() key { return r.keys[0] }

// byID is the key of that id, or the signer when it was retired meanwhile.
func (r *Keyring) byID(kid string) key {
	for _, k := range r.keys {
		if k.kid == kid {
			return k
		}
	}
	return r.signer()
}
