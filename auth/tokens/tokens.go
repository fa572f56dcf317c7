// Package tokens signs and parses the two kinds of token. It rests on one idea: this server reads nothing but what it
// wrote, so a token is known by the very text of its header, and every fault is the same error. It knows no session:
// whether one still lives is asked elsewhere.
package tokens

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/keys"
)

// Kind is one of the two kinds of token.
type Kind int

// The kinds.
const (
	Access Kind = iota
	Refresh
)

const issuer = "parley"

// kinds says how the two differ. Both are signed and read by nobody but Parley.
var kinds = [...]struct {
	typ, audience string
	purpose       keys.Purpose
}{
	Access:  {"at+jwt", "parley:access", keys.AccessTokens},
	Refresh: {"rt+jwt", "parley:refresh", keys.RefreshTokens},
}

const maxBytes = 4096 // bytes, before anything is parsed

// ErrExpired is the error of a token with nothing else wrong.
var ErrExpired = fmt.Errorf("%w: expired", auth.ErrUnauthenticated)

// Claims are what a good token says.
type Claims struct {
	User, Session       uuid.UUID
	JTI                 uuid.UUID // of a refresh token; else zero
	Generation          int       // of a refresh token; else 0
	IssuedAt, ExpiresAt time.Time // whole seconds
	NotBefore           time.Time // the same; zero: no such claim, as in all that is signed here
}

// payload is the claims in the order in which they are written: the same values give the same bytes. Pointers,
// because one that is missing is not one that is zero.
type payload struct {
	Issuer     string `json:"iss"`
	Audience   string `json:"aud"`
	Subject    string `json:"sub"`
	Session    string `json:"sid"`
	ID         string `json:"jti,omitempty"`
	Generation *int   `json:"gen,omitempty"`
	NotBefore  *int64 `json:"nbf,omitempty"`
	IssuedAt   *int64 `json:"iat"`
	ExpiresAt  *int64 `json:"exp"`
}

// headerText is the first part of every token of that kind and key, in exactly this form.
func headerText(k Kind, kid string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","kid":"` + kid + `","typ":"` + kinds[k].typ + `"}`))
}

// Sign makes the token of claims with the key of that id, or the newest when that was retired meanwhile. The same
// Claims and key give the same bytes.
func (c *Codec) Sign(t Claims, k Kind, kid string) (string, error) {
	with := c.ring.ByID(kid)
	iat, exp := t.IssuedAt.Unix(), t.ExpiresAt.Unix()
	p := payload{
		Issuer: issuer, Audience: kinds[k].audience,
		Subject: t.User.String(), Session: t.Session.String(),
		IssuedAt: &iat, ExpiresAt: &exp,
	}
	if !t.NotBefore.IsZero() {
		nbf := t.NotBefore.Unix()
		p.NotBefore = &nbf
	}
	if k == Refresh {
		p.ID, p.Generation = t.JTI.String(), &t.Generation
	}
	j := jwt.NewWithClaims(jwt.SigningMethodHS256, &p)
	j.Header["kid"], j.Header["typ"] = with.ID, kinds[k].typ
	text, err := j.SignedString(with.Secret(kinds[k].purpose))
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return text, nil
}

// Codec signs and parses tokens with the keys of a ring. Safe for concurrent use.
type Codec struct {
	ring    *keys.Ring
	leeway  time.Duration
	headers map[string]verifier // by the first part of a token
	known   *claimsCache        // of access tokens that these keys have verified
}

// verifier is the one secret that a token with a certain header may have been signed with.
type verifier struct {
	kind   Kind
	secret []byte
}

// New makes a codec. Tokens are accepted for the leeway longer.
func New(ring *keys.Ring, leeway time.Duration) *Codec {
	c := &Codec{ring: ring, leeway: leeway, headers: map[string]verifier{}, known: newClaimsCache()}
	for _, key := range ring.All() {
		for k := range kinds {
			c.headers[headerText(Kind(k), key.ID)] = verifier{Kind(k), key.Secret(kinds[k].purpose)}
		}
	}
	return c
}

// ParseAccess parses the access token of a request: auth.ErrUnauthenticated, auth.ErrTokenExpired.
func (c *Codec) ParseAccess(text string, now time.Time) (Claims, error) {
	found, err := c.known.get(text, now, c.leeway, func() (Claims, error) { return c.Parse(text, Access, now) })
	if errors.Is(err, ErrExpired) {
		return found, auth.ErrTokenExpired
	}
	return found, err
}

// Parse returns what a token of that kind says, without the database. Every fault is the same
// auth.ErrUnauthenticated but one: of a token that is only too old the claims come with ErrExpired. When it
// was issued is no fault (RFC 7519 §4.1.6): a machine that starts with a wrong clock would make tokens
// that are good and refused, and clients forget those.
func (c *Codec) Parse(text string, k Kind, now time.Time) (Claims, error) {
	with, ok := c.verifierOf(text)
	if !ok || with.kind != k {
		return Claims{}, auth.ErrUnauthenticated
	}
	at := func(t time.Time) []jwt.ParserOption {
		return []jwt.ParserOption{
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(),
			jwt.WithExpirationRequired(), jwt.WithIssuer(issuer),
			jwt.WithAudience(kinds[k].audience), jwt.WithLeeway(c.leeway), jwt.WithTimeFunc(func() time.Time { return t }),
		}
	}
	var p payload
	_, err := jwt.NewParser(at(now)...).ParseWithClaims(text, &p, func(*jwt.Token) (any, error) { return with.secret, nil })
	expired := errors.Is(err, jwt.ErrTokenExpired)
	if expired {
		// Faults come joined: one that has expired may also be of a wrong issuer. So the signature
		// being right, as it is by now, the rest is checked as of its last second.
		err = jwt.NewValidator(at(time.Unix(*p.ExpiresAt-1, 0))...).Validate(&p)
	}
	if err != nil {
		return Claims{}, auth.ErrUnauthenticated
	}
	found, ok := p.claims(k)
	switch {
	case !ok:
		return Claims{}, auth.ErrUnauthenticated
	case expired:
		return found, ErrExpired
	}
	return found, nil
}

// verifierOf finds the key by the header as text. So another alg or typ, crit, jku, jwk, x5u and an
// unknown kid need no code: this server never wrote such a header.
func (c *Codec) verifierOf(text string) (verifier, bool) {
	// base64 of Go skips line breaks, strict or not: one token would have many spellings.
	if len(text) > maxBytes || strings.ContainsAny(text, "\r\n") {
		return verifier{}, false
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return verifier{}, false
	}
	with, ok := c.headers[parts[0]]
	return with, ok
}

// Claims takes a payload apart; false: a claim is missing or not in the form in which we write it.
func (p *payload) claims(k Kind) (t Claims, ok bool) {
	if p.IssuedAt == nil || p.ExpiresAt == nil {
		return Claims{}, false
	}
	t.IssuedAt, t.ExpiresAt = time.Unix(*p.IssuedAt, 0).UTC(), time.Unix(*p.ExpiresAt, 0).UTC()
	if p.NotBefore != nil {
		t.NotBefore = time.Unix(*p.NotBefore, 0).UTC()
	}
	var good [3]bool
	t.User, good[0] = parseID(p.Subject)
	t.Session, good[1] = parseID(p.Session)
	if k == Access {
		return t, good[0] && good[1]
	}
	t.JTI, good[2] = parseID(p.ID)
	if p.Generation == nil || *p.Generation < 0 {
		return Claims{}, false
	}
	t.Generation = *p.Generation
	return t, good[0] && good[1] && good[2]
}

// parseID reads an id in lower case with dashes and in no other form.
func parseID(text string) (uuid.UUID, bool) {
	id, err := uuid.Parse(text)
	return id, err == nil && id.String() == text
}

// The methods golang-jwt asks for.

func numericDate(seconds *int64) *jwt.NumericDate {
	if seconds == nil {
		return nil
	}
	return jwt.NewNumericDate(time.Unix(*seconds, 0))
}

// GetExpirationTime is exp.
func (p *payload) GetExpirationTime() (*jwt.NumericDate, error) { return numericDate(p.ExpiresAt), nil }

// GetIssuedAt is iat.
func (p *payload) GetIssuedAt() (*jwt.NumericDate, error) { return numericDate(p.IssuedAt), nil }

// GetNotBefore is nbf.
func (p *payload) GetNotBefore() (*jwt.NumericDate, error) { return numericDate(p.NotBefore), nil }

// GetIssuer is iss.
func (p *payload) GetIssuer() (string, error) { return p.Issuer, nil }

// GetSubject is sub.
func (p *payload) GetSubject() (string, error) { return p.Subject, nil }

// GetAudience is aud, one text.
func (p *payload) GetAudience() (jwt.ClaimStrings, error) { return jwt.ClaimStrings{p.Audience}, nil }
