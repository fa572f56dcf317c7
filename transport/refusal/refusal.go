// Package refusal says what a request is told that gets no result: the codes of errors, what they mean for HTTP, and
// when to come again. Each package declares its own refusals. It knows no connection and no GraphQL operation.
package refusal

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The error codes that the transports give or read. They are explained in the API's schema.
const (
	Unauthenticated = "UNAUTHENTICATED"
	TokenExpired    = "TOKEN_EXPIRED"
	SessionRevoked  = "SESSION_REVOKED"
	Forbidden       = "FORBIDDEN"
	BadInput        = "BAD_USER_INPUT"
	TooComplex      = "OPERATION_TOO_COMPLEX"
	LimitReached    = "LIMIT_REACHED"
	RateLimited     = "RATE_LIMITED"
	Busy            = "SERVER_BUSY"
	ShuttingDown    = "SHUTTING_DOWN"
	Timeout         = "TIMEOUT"
	Internal        = "INTERNAL_SERVER_ERROR"
)

// Malformed is the reason, beside BadInput, of what is no request at all.
const Malformed = "REQUEST_MALFORMED"

// A Refusal is a response that says nothing of what was asked.
type Refusal struct {
	Status                int
	Code, Reason, Message string        // Reason may be empty
	Wait                  time.Duration // it passes after this time; 0: as its code says
}

// New makes a Refusal.
func New(status int, code, reason, message string) *Refusal {
	return &Refusal{Status: status, Code: code, Reason: reason, Message: message}
}

// After is the same refusal, which passes after this time.
func (r *Refusal) After(wait time.Duration) *Refusal {
	later := *r
	later.Wait = wait
	return &later
}

// Soon is 1 to 5 s at random, so that those who were refused together do not come back together.
func Soon() time.Duration {
	return time.Second + rand.N(4*time.Second)
}

// Draining refuses whatever comes while the server drains.
var Draining = New(http.StatusServiceUnavailable, ShuttingDown, "", "The server is going down.")

// CodesOf are the codes of errors. A code may be of any type whose kind is string.
func CodesOf(errs gqlerror.List) []string {
	codes := make([]string, 0, len(errs))
	for _, err := range errs {
		if code, ok := err.Extensions["code"]; ok {
			codes = append(codes, fmt.Sprint(code))
		}
	}
	return codes
}

// IsMalformed tells whether what was sent is no request, although gqlgen had to look at it to find out.
func IsMalformed(errs gqlerror.List) bool {
	return slices.ContainsFunc(errs, func(err *gqlerror.Error) bool { return err.Extensions["reason"] == Malformed })
}

// StatusOf is the HTTP status of a request that was not executed.
func StatusOf(errs gqlerror.List) int {
	for _, code := range CodesOf(errs) {
		switch code {
		case Unauthenticated, TokenExpired, SessionRevoked:
			return http.StatusUnauthorized
		case Busy, ShuttingDown:
			return http.StatusServiceUnavailable
		case RateLimited:
			return http.StatusTooManyRequests
		case Internal:
			return http.StatusInternalServerError
		}
	}
	return http.StatusBadRequest
}

// Passing is ShuttingDown or Busy for errors that pass by themselves, and empty for all others. As a result such an
// error would be final for a stream: the standard client does not try again.
func Passing(errs gqlerror.List) string {
	codes := CodesOf(errs)
	switch {
	case slices.Contains(codes, ShuttingDown):
		return ShuttingDown
	case slices.ContainsFunc(codes, func(code string) bool { return code == Busy || code == RateLimited || code == Timeout }):
		return Busy
	}
	return ""
}

// RetryAfter is the header of that name in seconds: what the errors say, else 1 to 5 at random, so that
// those who were refused together do not come back together.
func RetryAfter(errs gqlerror.List) string {
	for _, err := range errs {
		if ms, ok := err.Extensions["retryAfterMs"]; ok {
			if n, bad := strconv.ParseFloat(fmt.Sprint(ms), 64); bad == nil {
				return strconv.Itoa(max(1, int((n+999)/1000)))
			}
		}
	}
	return strconv.Itoa(1 + rand.IntN(5))
}
