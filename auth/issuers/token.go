package issuers

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"parley/auth"
)

const (
	maxToken   = 16 << 10 // bytes, before anything is read
	maxSubject = 255      // bytes, as OpenID Connect has it
	furthest   = 24 * time.Hour
	maxSeconds = 1 << 40 // a number of seconds that is a time
)

// Which signatures are taken.
var (
	byKeys   = []string{jwt.SigningMethodRS256.Alg(), jwt.SigningMethodPS256.Alg(), jwt.SigningMethodES256.Alg(), jwt.SigningMethodEdDSA.Alg()}
	bySecret = []string{jwt.SigningMethodHS256.Alg()}
)

// newParser is one that looks at form and signature; the claims are judged here, before a key is looked for.
func newParser() *jwt.Parser {
	return jwt.NewParser(jwt.WithValidMethods(append(bySecret, byKeys...)), jwt.WithStrictDecoding(), jwt.WithJSONNumber(), jwt.WithoutClaimsValidation())
}

// isShaped says whether a text can be a token. base64 of Go skips line breaks, strict or not: one token would have many spellings.
func isShaped(text string) bool {
	if len(text) > maxToken || strings.ContainsAny(text, "\r\n") {
		return false
	}
	parts := strings.Split(text, ".")
	return len(parts) == 3 && !slices.Contains(parts, "")
}

// IsSubject says whether a text may be the subject of a person: 1 to 255 bytes without control characters. What was no
// character in the token has become U+FFFD, which would make two subjects one.
func IsSubject(text string) bool {
	return text != "" && len(text) <= maxSubject && isPlain(text)
}

func isPlain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
}

// verification is one token on its way.
type verification struct {
	ctx context.Context
	of  *Issuers

	entry   *entry
	keyed   bool // a key was found
	expired bool
	person  Person
}

func (v *verification) refuse(fault string) *Refusal {
	refusal := &Refusal{Fault: fault, Err: errInvalid}
	if v.entry != nil {
		refusal.Issuer = v.entry.Name
	}
	return refusal
}

// key finds the key of a token whose signature has not been looked at, and judges all else first: so what is wrong in it anyway makes nobody
// fetch keys.
func (v *verification) key(token *jwt.Token) (any, error) {
	claims, _ := token.Claims.(jwt.MapClaims)
	name, _ := claims["iss"].(string)
	if v.entry = v.of.byName[name]; v.entry == nil {
		return nil, v.refuse("its issuer is in no entry")
	}
	if fault := v.entry.judgeHeader(token); fault != "" {
		return nil, v.refuse(fault)
	}
	if fault := v.judgeTimes(claims, v.of.now()); fault != "" {
		return nil, v.refuse(fault)
	}
	if fault := v.judgeClaims(claims); fault != "" {
		return nil, v.refuse(fault)
	}
	key, err := v.find(token)
	v.keyed = err == nil
	return key, err
}

// find returns the key that verifies the token: a key of the issuer, or all of its secrets.
func (v *verification) find(token *jwt.Token) (any, error) {
	if v.entry.keys == nil {
		return v.entry.secrets, nil
	}
	key, err := v.entry.keys.find(v.ctx, token)
	switch {
	case errors.Is(err, auth.ErrNoKeys), v.ctx.Err() != nil:
		refusal := v.refuse("its key is not known, and the keys of its issuer cannot be fetched")
		refusal.Err = auth.ErrNoKeys
		return nil, refusal
	case err != nil:
		return nil, v.refuse("its key is not one of its issuer")
	case !fits(key, token.Method.Alg()):
		return nil, v.refuse("its key is of another kind than its signature")
	}
	return key, nil
}

// fits says whether a signature of that kind is one of such a key.
func fits(key any, method string) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return method == jwt.SigningMethodRS256.Alg() || method == jwt.SigningMethodPS256.Alg()
	case *ecdsa.PublicKey:
		return method == jwt.SigningMethodES256.Alg() && key.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return method == jwt.SigningMethodEdDSA.Alg()
	}
	return false
}

// judgeHeader says what is wrong with the header of a token; empty: nothing.
func (e *entry) judgeHeader(token *jwt.Token) (fault string) {
	if !slices.Contains(e.methods, token.Method.Alg()) {
		return "it is signed in a way that is not that of its issuer"
	}
	if _, critical := token.Header["crit"]; critical {
		return "it has critical members in its header"
	}
	value, given := token.Header["typ"]
	if !given {
		return ""
	}
	text, _ := value.(string)
	kind := mediaType(text)
	if kind == "jwt" || e.Type != "" && kind == mediaType(e.Type) {
		return ""
	}
	return "it is of another type"
}

// mediaType is a value of typ as it is compared (RFC 7515 §4.1.9).
func mediaType(typ string) string { return strings.TrimPrefix(strings.ToLower(typ), "application/") }

// judgeTimes judges exp and nbf. That a token has run out is no fault yet: there may be others. When it was made is no ground to refuse it
// (RFC 7519 §4.1.6): clocks are wrong, and exp is near.
func (v *verification) judgeTimes(claims jwt.MapClaims, now time.Time) (fault string) {
	if nbf, given := claims["nbf"]; given {
		at, ok := seconds(nbf)
		if !ok || at.After(now.Add(v.of.leeway)) {
			return "nbf is in the future, or is no time"
		}
	}
	exp, ok := seconds(claims["exp"])
	switch {
	case !ok:
		return "exp is missing, or is no time"
	case exp.After(now.Add(furthest + v.of.leeway)):
		return "exp is more than 24 hours ahead"
	}
	v.expired = !exp.Add(v.of.leeway).After(now)
	return ""
}

// seconds reads a number of seconds since 1970; fractions are cut off.
func seconds(value any) (time.Time, bool) {
	number, is := value.(json.Number)
	if !is {
		return time.Time{}, false
	}
	f, err := number.Float64()
	if err != nil || f < 0 || f > maxSeconds {
		return time.Time{}, false
	}
	return time.Unix(int64(f), 0), true
}

// judgeClaims judges what is no time, and takes from the token what is asked of it.
func (v *verification) judgeClaims(claims jwt.MapClaims) (fault string) {
	if _, given := claims["events"]; given { // RFC 8417, a logout token among them
		return "it tells of events"
	}
	if !isFor(claims["aud"], v.entry.Audience) {
		return "aud holds none of the entry, or one that is not"
	}
	for name, want := range v.entry.Require {
		if !holds(claims[name], want) {
			return "a claim that is required is not there, or has another value"
		}
	}
	subject, _ := claims["sub"].(string)
	if !IsSubject(subject) {
		return "sub is missing, too long, or no text"
	}
	v.person = Person{
		Issuer: v.entry.Name, Subject: subject, SessionLifetime: v.entry.SessionLifetime, Username: shown(claims, v.entry.Claims.Username).Text,
		Name: shown(claims, v.entry.Claims.Name).Text, Image: shown(claims, v.entry.Claims.Image),
	}
	return ""
}

func shown(claims jwt.MapClaims, name string) Shown {
	if name == "" {
		return Shown{}
	}
	text, _ := claims[name].(string)
	return Shown{Follows: true, Text: text}
}

// isFor says whether an audience, a text or a list of some, holds one of ours and nothing else.
func isFor(audience any, ours []string) bool {
	list, is := audience.([]any)
	if !is {
		list = []any{audience}
	}
	for _, one := range list {
		text, is := one.(string)
		if !is || !slices.Contains(ours, text) {
			return false
		}
	}
	return len(list) > 0
}

// holds says whether a claim has a value, or is a list with it.
func holds(claim, want any) bool {
	if list, is := claim.([]any); is {
		return slices.ContainsFunc(list, func(one any) bool { return same(one, want) })
	}
	return same(claim, want)
}

// same compares plain values; numbers by their digits.
func same(one, other any) bool {
	switch one.(type) {
	case string, bool, json.Number:
		return one == other
	}
	return false
}
