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
)

// kind is one of the two kinds of token.
type kind int

const (
	accessToken kind = iota
	refreshToken
)

const issuer = "parley"

// kinds says how the two differ. Both are minted and read by nobody but Parley.
var kinds = [...]struct{ typ, audience, info string }{
	accessToken:  {typ: "at+jwt", audience: "parley:access", info: "parley/access/v1"},
	refreshToken: {typ: "rt+jwt", audience: "parley:refresh", info: "parley/refresh/v1"},
}

const maxToken = 4096 // bytes, before anything is parsed

// errExpired is said of a token with nothing else wrong.
var errExpired = fmt.Errorf("%w: expired", auth.ErrUnauthenticated)

// ticket is what a good token says.
type ticket struct {
	user, session       uuid.UUID
	jti                 uuid.UUID // of a refresh token; else zero
	generation          int       // of a refresh token; else 0
	issuedAt, expiresAt time.Time // whole seconds
	notBefore           time.Time // the same; zero: no such claim, as in all that is minted here
}

// claims in the order in which they are written: the same values give the same bytes. Pointers,
// because one that is missing is not one that is zero.
type claims struct {
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

// sign mints the token of a ticket. The same ticket and key give the same bytes.
func (t ticket) sign(k kind, with key) (string, error) {
	iat, exp := t.issuedAt.Unix(), t.expiresAt.Unix()
	c := claims{
		Issuer: issuer, Audience: kinds[k].audience,
		Subject: t.user.String(), Session: t.session.String(),
		IssuedAt: &iat, ExpiresAt: &exp,
	}
	if !t.notBefore.IsZero() {
		nbf := t.notBefore.Unix()
		c.NotBefore = &nbf
	}
	if k == refreshToken {
		c.ID, c.Generation = t.jti.String(), &t.generation
	}
	j := jwt.NewWithClaims(jwt.SigningMethodHS256, &c)
	j.Header["kid"], j.Header["typ"] = with.kid, kinds[k].typ
	text, err := j.SignedString(with.secrets[k])
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return text, nil
}

// readAccess reads an access token for a request: ErrUnauthenticated, ErrTokenExpired.
func (s *Service) readAccess(text string) (ticket, error) {
	now := s.now()
	t, err := s.keys.tickets.read(text, now, s.o.Leeway, func() (ticket, error) {
		return s.keys.read(text, accessToken, now, s.o.Leeway)
	})
	if errors.Is(err, errExpired) {
		return t, auth.ErrTokenExpired
	}
	return t, err
}

// read answers what a token of that kind says, without the database. Every fault is the same
// ErrUnauthenticated but one: of a token that is only too old the ticket comes with errExpired. When it
// was issued is no fault (RFC 7519 §4.1.6): a machine that starts with a wrong clock would make tokens
// that are good and refused, and clients forget those.
func (r *Keyring) read(text string, k kind, now time.Time, leeway time.Duration) (ticket, error) {
	with, ok := r.readerOf(text)
	if !ok || with.kind != k {
		return ticket{}, auth.ErrUnauthenticated
	}
	at := func(t time.Time, leeway time.Duration) []jwt.ParserOption {
		return []jwt.ParserOption{
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(),
			jwt.WithExpirationRequired(), jwt.WithIssuer(issuer),
			jwt.WithAudience(kinds[k].audience), jwt.WithLeeway(leeway), jwt.WithTimeFunc(func() time.Time { return t }),
		}
	}
	var c claims
	_, err := jwt.NewParser(at(now, leeway)...).ParseWithClaims(text, &c, func(*jwt.Token) (any, error) { return with.secret, nil })
	expired := errors.Is(err, jwt.ErrTokenExpired)
	if expired {
		// Faults come joined: one that has expired may also be of a wrong issuer. So the signature
		// being right, as it is by now, the rest is judged as of its last second.
		err = jwt.NewValidator(at(time.Unix(*c.ExpiresAt-1, 0), leeway)...).Validate(&c)
	}
	if err != nil {
		return ticket{}, auth.ErrUnauthenticated
	}
	t, ok := c.ticket(k)
	switch {
	case !ok:
		return ticket{}, auth.ErrUnauthenticated
	case expired:
		return t, errExpired
	}
	return t, nil
}

// readerOf finds the key by the header as text. So another alg or typ, crit, jku, jwk, x5u and an
// unknown kid need no code: this server never wrote such a header.
func (r *Keyring) readerOf(text string) (reader, bool) {
	// base64 of Go skips line breaks, strict or not: one token would have many spellings.
	if len(text) > maxToken || strings.ContainsAny(text, "\r\n") {
		return reader{}, false
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return reader{}, false
	}
	with, ok := r.headers[parts[0]]
	return with, ok
}

// ticket takes the claims apart; false: one is missing or not in the form in which we write it.
func (c *claims) ticket(k kind) (t ticket, ok bool) {
	if c.IssuedAt == nil || c.ExpiresAt == nil {
		return ticket{}, false
	}
	t.issuedAt, t.expiresAt = time.Unix(*c.IssuedAt, 0).UTC(), time.Unix(*c.ExpiresAt, 0).UTC()
	if c.NotBefore != nil {
		t.notBefore = time.Unix(*c.NotBefore, 0).UTC()
	}
	var good [3]bool
	t.user, good[0] = parseID(c.Subject)
	t.session, good[1] = parseID(c.Session)
	if k == accessToken {
		return t, good[0] && good[1]
	}
	t.jti, good[2] = parseID(c.ID)
	if c.Generation == nil || *c.Generation < 0 {
		return ticket{}, false
	}
	t.generation = *c.Generation
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
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return numericDate(c.ExpiresAt), nil }

// GetIssuedAt is iat.
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error) { return numericDate(c.IssuedAt), nil }

// GetNotBefore is nbf.
func (c *claims) GetNotBefore() (*jwt.NumericDate, error) { return numericDate(c.NotBefore), nil }

// GetIssuer is iss.
func (c *claims) GetIssuer() (string, error) { return c.Issuer, nil }

// GetSubject is sub.
func (c *claims) GetSubject() (string, error) { return c.Subject, nil }

// GetAudience is aud, one text.
func (c *claims) GetAudience() (jwt.ClaimStrings, error) { return jwt.ClaimStrings{c.Audience}, nil }
