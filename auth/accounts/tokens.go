package accounts

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

// kind is one of the two kinds of token.
type kind int

const (
	accessToken kind = iota
	refreshToken
)

const issuer = "parley"

// kinds says how the two differ. Both are signed and read by nobody but Parley.
var kinds = [...]struct {
	typ, audience string
	purpose       keys.Purpose
}{
	accessToken:  {"at+jwt", "parley:access", keys.AccessTokens},
	refreshToken: {"rt+jwt", "parley:refresh", keys.RefreshTokens},
}

const maxToken = 4096 // bytes, before anything is parsed

// errExpired is the error of a token with nothing else wrong.
var errExpired = fmt.Errorf("%w: expired", auth.ErrUnauthenticated)

// claims are what a good token says.
type claims struct {
	user, session       uuid.UUID
	jti                 uuid.UUID // of a refresh token; else zero
	generation          int       // of a refresh token; else 0
	issuedAt, expiresAt time.Time // whole seconds
	notBefore           time.Time // the same; zero: no such claim, as in all that is signed here
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
func headerText(k kind, kid string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","kid":"` + kid + `","typ":"` + kinds[k].typ + `"}`))
}

// sign makes the token of claims with the key of that id, or the newest when that was retired meanwhile. The same
// claims and key give the same bytes.
func (c *codec) sign(t claims, k kind, kid string) (string, error) {
	with := c.ring.ByID(kid)
	iat, exp := t.issuedAt.Unix(), t.expiresAt.Unix()
	p := payload{
		Issuer: issuer, Audience: kinds[k].audience,
		Subject: t.user.String(), Session: t.session.String(),
		IssuedAt: &iat, ExpiresAt: &exp,
	}
	if !t.notBefore.IsZero() {
		nbf := t.notBefore.Unix()
		p.NotBefore = &nbf
	}
	if k == refreshToken {
		p.ID, p.Generation = t.jti.String(), &t.generation
	}
	j := jwt.NewWithClaims(jwt.SigningMethodHS256, &p)
	j.Header["kid"], j.Header["typ"] = with.ID, kinds[k].typ
	text, err := j.SignedString(with.Secret(kinds[k].purpose))
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return text, nil
}

// codec signs and parses tokens with the keys of a ring. Safe for concurrent use.
type codec struct {
	ring    *keys.Ring
	leeway  time.Duration
	headers map[string]verifier // by the first part of a token
	known   *claimsCache        // of access tokens that these keys have verified
}

// verifier is the one secret that a token with a certain header may have been signed with.
type verifier struct {
	kind   kind
	secret []byte
}

// newCodec makes a codec. Tokens are accepted for the leeway longer.
func newCodec(ring *keys.Ring, leeway time.Duration) *codec {
	c := &codec{ring: ring, leeway: leeway, headers: map[string]verifier{}, known: newClaimsCache()}
	for _, key := range ring.All() {
		for k := range kinds {
			c.headers[headerText(kind(k), key.ID)] = verifier{kind(k), key.Secret(kinds[k].purpose)}
		}
	}
	return c
}

// parseAccess parses the access token of a request: auth.ErrUnauthenticated, auth.ErrTokenExpired.
func (c *codec) parseAccess(text string, now time.Time) (claims, error) {
	found, err := c.known.get(text, now, c.leeway, func() (claims, error) { return c.parse(text, accessToken, now) })
	if errors.Is(err, errExpired) {
		return found, auth.ErrTokenExpired
	}
	return found, err
}

// parse returns what a token of that kind says, without the database. Every fault is the same
// auth.ErrUnauthenticated but one: of a token that is only too old the claims come with errExpired. When it
// was issued is no fault (RFC 7519 §4.1.6): a machine that starts with a wrong clock would make tokens
// that are good and refused, and clients forget those.
func (c *codec) parse(text string, k kind, now time.Time) (claims, error) {
	with, ok := c.verifierOf(text)
	if !ok || with.kind != k {
		return claims{}, auth.ErrUnauthenticated
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
		return claims{}, auth.ErrUnauthenticated
	}
	found, ok := p.claims(k)
	switch {
	case !ok:
		return claims{}, auth.ErrUnauthenticated
	case expired:
		return found, errExpired
	}
	return found, nil
}

// verifierOf finds the key by the header as text. So another alg or typ, crit, jku, jwk, x5u and an
// unknown kid need no code: this server never wrote such a header.
func (c *codec) verifierOf(text string) (verifier, bool) {
	// base64 of Go skips line breaks, strict or not: one token would have many spellings.
	if len(text) > maxToken || strings.ContainsAny(text, "\r\n") {
		return verifier{}, false
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return verifier{}, false
	}
	with, ok := c.headers[parts[0]]
	return with, ok
}

// claims takes a payload apart; false: a claim is missing or not in the form in which we write it.
func (p *payload) claims(k kind) (t claims, ok bool) {
	if p.IssuedAt == nil || p.ExpiresAt == nil {
		return claims{}, false
	}
	t.issuedAt, t.expiresAt = time.Unix(*p.IssuedAt, 0).UTC(), time.Unix(*p.ExpiresAt, 0).UTC()
	if p.NotBefore != nil {
		t.notBefore = time.Unix(*p.NotBefore, 0).UTC()
	}
	var good [3]bool
	t.user, good[0] = parseID(p.Subject)
	t.session, good[1] = parseID(p.Session)
	if k == accessToken {
		return t, good[0] && good[1]
	}
	t.jti, good[2] = parseID(p.ID)
	if p.Generation == nil || *p.Generation < 0 {
		return claims{}, false
	}
	t.generation = *p.Generation
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
