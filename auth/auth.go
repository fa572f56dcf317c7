// Package auth says who is asking, or why that is not known. It rests on one idea: a token only names a
// session, and the session is a row, so a logout acts on the next request. It holds what the packages of sign-ins and
// whoever asks them speak of: people, clients, tokens, reasons. It knows no row; auth/accounts does the work.
package auth

import (
	"errors"
	"fmt"
	"time"
)

// What can be wrong, in classes. Some come wrapped in a ReasonError; test with errors.Is.
var (
	ErrUnauthenticated    = errors.New("not signed in, or the token is not valid")
	ErrTokenExpired       = errors.New("the access token has run out")
	ErrSessionRevoked     = errors.New("the session has ended")
	ErrTokenRotated       = errors.New("the refresh token has just been used")
	ErrInvalidCredentials = errors.New("wrong username or password")
	ErrUsernameTaken      = errors.New("the username is taken")
	ErrNoUser             = errors.New("no such user")
	ErrNoSession          = errors.New("no such session")
	ErrNoInvite           = errors.New("no such invite to the server")
	ErrNoBot              = errors.New("no such bot")
	ErrIDTaken            = errors.New("the id is taken")
	ErrBusy               = errors.New("too many sign-ins at once")
	ErrNoKeys             = errors.New("the keys of the issuer of a token cannot be fetched")

	// ErrLimit: there are as many of something as there may be, which its reason names.
	ErrLimit = errors.New("a limit is reached")
	// ErrManyInvites: to the server, that let somebody in.
	ErrManyInvites error = &ReasonError{Err: ErrLimit, Reason: "INVITES"}

	// ErrManyBots: that are let in.
	ErrManyBots error = &ReasonError{Err: ErrLimit, Reason: "BOTS"}

	// ErrForbidden: they may not do this. It comes with a reason, or alone where none helps.
	ErrForbidden = errors.New("not allowed")
	// ErrForBots: no bot may, because it has no password and no sessions.
	ErrForBots error = &ReasonError{Err: ErrForbidden, Reason: "BOT"}
	// ErrSignInAgain: they may once they have signed in again, because their session began long ago.
	ErrSignInAgain error = &ReasonError{Err: ErrForbidden, Reason: "SIGN_IN_AGAIN"}

	// ErrTokenRefused: what whoever is signed in gave as a proof. It is ErrInvalidCredentials too.
	ErrTokenRefused = fmt.Errorf("%w: a token", ErrInvalidCredentials)
	// ErrNoToken: the request carries no token at all, which is not the same as a bad one.
	// It is ErrUnauthenticated too.
	ErrNoToken = fmt.Errorf("%w: no token", ErrUnauthenticated)
)

// Reasons of a ReasonError. Those of ErrSessionRevoked say why the session ended and are stored
// with it.
const (
	ReasonUnknown         = "UNKNOWN" // the database does not know the session
	ReasonLogout          = "LOGOUT"
	ReasonSessionEnded    = "SESSION_ENDED"
	ReasonPasswordChanged = "PASSWORD_CHANGED"
	ReasonAccountDeleted  = "ACCOUNT_DELETED"
	ReasonTokenReused     = "TOKEN_REUSED"
	ReasonTooManySessions = "TOO_MANY_SESSIONS"
	ReasonDisabled        = "DISABLED" // also of ErrForbidden, where they sign in

	ReasonRegistrationClosed = "REGISTRATION_CLOSED" // ErrForbidden

	ReasonInvalidToken = "INVALID_TOKEN"         // ErrUnauthenticated, of a refresh token or one of an issuer
	ReasonTokenExpired = "TOKEN_EXPIRED"         // ErrUnauthenticated, of a token of an issuer
	ReasonTokenTooOld  = "REFRESH_TOKEN_EXPIRED" // ErrUnauthenticated, of a refresh token
)

// ReasonError is one of the sentinels of this package with the reason a client may read.
type ReasonError struct {
	Err    error
	Reason string
}

func (e *ReasonError) Error() string { return e.Err.Error() + ": " + e.Reason }
func (e *ReasonError) Unwrap() error { return e.Err }

// InvalidError says which argument is not acceptable and why. It never repeats the argument.
type InvalidError struct {
	Field, Reason string
}

func (e *InvalidError) Error() string { return "bad input: " + e.Field + ": " + e.Reason }

// RateError says that somebody was too fast, and when the same call will pass.
type RateError struct{ RetryAfter time.Duration }

// TooFast is the *RateError of somebody who has to wait so long; nil: they do not.
func TooFast(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return &RateError{RetryAfter: wait}
}

func (e *RateError) Error() string { return fmt.Sprintf("too fast; again in %v", e.RetryAfter) }
