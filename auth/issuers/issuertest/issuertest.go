// Package issuertest is an issuer of tokens for tests: a real server with a JWK Set, and keys that sign whatever they are told to.
package issuertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Audience is for whom the tokens are.
const Audience = "parley"

// An Issuer serves its keys at URL + "/jwks.json".
type Issuer struct {
	T       testing.TB
	URL     string // also its name
	Fetches atomic.Int64

	mu     sync.Mutex
	serve  http.HandlerFunc // instead of the keys; nil: those
	keys   []*Key
	server *httptest.Server
}

// A Key signs tokens.
type Key struct {
	ID      string
	Method  jwt.SigningMethod
	Private crypto.PrivateKey // or []byte
	Members map[string]any    // more of its JWK
}

// The keys rs of issuers, which take long to make: two that are made after one another never have the same.
var (
	rsKeys = [...]func() *Key{sync.OnceValue(newRS), sync.OnceValue(newRS)}
	made   atomic.Int64
)

func newRS() *Key { return NewRSA("rs", 2048) }

// New starts an issuer with a key of each kind: rs, es, ed.
func New(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{T: t}
	i.server = httptest.NewServer(http.HandlerFunc(i.answer))
	t.Cleanup(i.server.Close)
	i.URL = i.server.URL
	i.SetKeys(rsKeys[made.Add(1)%int64(len(rsKeys))](), NewEC("es", elliptic.P256()), NewEd("ed"))
	return i
}

// KeysURL is where the JWK Set is.
func (i *Issuer) KeysURL() string { return i.URL + "/jwks.json" }

// Stop ends the server: it is away.
func (i *Issuer) Stop() { i.server.Close() }

func (i *Issuer) answer(w http.ResponseWriter, r *http.Request) {
	i.Fetches.Add(1)
	i.mu.Lock()
	serve, keys := i.serve, i.keys
	i.mu.Unlock()
	if serve != nil {
		serve(w, r)
		return
	}
	_, _ = w.Write(Set(keys...))
}

// SetKeys has it serve other keys.
func (i *Issuer) SetKeys(keys ...*Key) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys, i.serve = keys, nil
}

// Serve has it answer something else.
func (i *Issuer) Serve(serve http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.serve = serve
}

// Key is one of those it serves.
func (i *Issuer) Key(id string) *Key {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, key := range i.keys {
		if key.ID == id {
			return key
		}
	}
	i.T.Fatalf("there is no key %s", id)
	return nil
}

// Claims are those of a good token about a subject, and more; nil takes one out.
func (i *Issuer) Claims(subject string, more map[string]any) jwt.MapClaims {
	return ClaimsOf(i.URL, subject, more)
}

// ClaimsOf are those of a good token of an issuer.
func ClaimsOf(issuer, subject string, more map[string]any) jwt.MapClaims {
	now := time.Now().Unix()
	claims := jwt.MapClaims{"iss": issuer, "aud": Audience, "sub": subject, "iat": now, "exp": now + 600}
	maps.Copy(claims, more)
	for name, value := range claims {
		if value == nil {
			delete(claims, name)
		}
	}
	return claims
}

// Token is a good token about a subject, with more claims, by the key rs.
func (i *Issuer) Token(subject string, more map[string]any) string {
	i.T.Helper()
	return i.Key("rs").Sign(i.T, i.Claims(subject, more), nil)
}

// Sign signs claims; header is more of the header, and nil takes a member out.
func (k *Key) Sign(t testing.TB, claims jwt.MapClaims, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(k.Method, claims)
	token.Header["kid"] = k.ID
	maps.Copy(token.Header, header)
	for name, value := range token.Header {
		if value == nil {
			delete(token.Header, name)
		}
	}
	text, err := token.SignedString(k.Private)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// NewRSA makes a key of RS256.
func NewRSA(id string, bits int) *Key {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return &Key{ID: id, Method: jwt.SigningMethodRS256, Private: private}
}

// NewEC is of ES256, or of ES384 for another curve.
func NewEC(id string, curve elliptic.Curve) *Key {
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	key := &Key{ID: id, Method: jwt.SigningMethodES256, Private: private}
	if curve != elliptic.P256() {
		key.Method = jwt.SigningMethodES384
	}
	return key
}

// NewEd is of Ed25519.
func NewEd(id string) *Key {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return &Key{ID: id, Method: jwt.SigningMethodEdDSA, Private: private}
}

// Secret is a key of HS256.
func Secret(text string) *Key {
	return &Key{ID: "", Method: jwt.SigningMethodHS256, Private: []byte(text)}
}

// As is the same key with another method.
func (k *Key) As(method jwt.SigningMethod) *Key {
	other := *k
	other.Method = method
	return &other
}

// With is the same key with more members in its JWK; nil takes one out.
func (k *Key) With(members map[string]any) *Key {
	other := *k
	other.Members = members
	return &other
}

// Set is the JWK Set of keys.
func Set(keys ...*Key) []byte {
	list := make([]map[string]any, len(keys))
	for n, key := range keys {
		list[n] = key.public()
	}
	text, err := json.Marshal(map[string]any{"keys": list})
	if err != nil {
		panic(err)
	}
	return text
}

func (k *Key) public() map[string]any {
	members := map[string]any{"kid": k.ID, "use": "sig"}
	switch key := k.Private.(type) {
	case *rsa.PrivateKey:
		members["kty"], members["n"], members["e"] = "RSA", b64(key.N.Bytes()), b64(big.NewInt(int64(key.E)).Bytes())
	case *ecdsa.PrivateKey:
		size := (key.Curve.Params().BitSize + 7) / 8
		point, err := key.PublicKey.Bytes() // 4, x, y
		if err != nil {
			panic(err)
		}
		members["kty"], members["crv"], members["x"], members["y"] = "EC", key.Curve.Params().Name, b64(point[1:1+size]), b64(point[1+size:])
	case ed25519.PrivateKey:
		members["kty"], members["crv"], members["x"] = "OKP", "Ed25519", b64(key.Public().(ed25519.PublicKey))
	case []byte:
		members["kty"], members["k"] = "oct", b64(key)
	}
	maps.Copy(members, k.Members)
	for name, value := range members {
		if value == nil {
			delete(members, name)
		}
	}
	return members
}

func b64(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }
