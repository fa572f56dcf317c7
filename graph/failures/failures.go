// Package failures says errors to clients: the one table that turns them into codes, and the ids under which faults of ours are
// logged.
package failures

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/auth"
	"parley/chat"
	"parley/db"
	"parley/graph/document"
	"parley/graph/generated"
	"parley/graph/scalar"
	"parley/transport/budget"
)

// What goes wrong in no package below.
var (
	ErrNoNode      = errors.New("no such object")
	ErrNoAnswer    = errors.New("no memory for the answer of a mutation")
	ErrManyStreams = errors.New("a subscription with more than one root field")
)

// A clientError is what a client is told of an error.
type clientError struct {
	code    generated.ErrorCode
	message string
	retry   time.Duration // sending the same again helps after this long; 0: it does not help
}

// clientErrors is the one table from our errors to client codes. The first that fits decides. What is
// not here is a fault of ours: logged whole, and shown as an id.
var clientErrors = []struct {
	is error
	clientError
}{
	{auth.ErrTokenExpired, clientError{generated.ErrorCodeTokenExpired, "The access token has run out. Refresh it and send the request again.", 0}},
	{auth.ErrSessionRevoked, clientError{generated.ErrorCodeSessionRevoked, "This session has ended. Sign in.", 0}},
	{auth.ErrUnauthenticated, clientError{generated.ErrorCodeUnauthenticated, "Not signed in, or the token is not valid.", 0}},
	{auth.ErrTokenRotated, clientError{generated.ErrorCodeRefreshTokenRotated, "This refresh token has just been used. Read the new one from your storage.", 0}},
	{auth.ErrTokenRefused, clientError{generated.ErrorCodeInvalidCredentials, "This token is not taken.", 0}},
	{auth.ErrInvalidCredentials, clientError{generated.ErrorCodeInvalidCredentials, "Wrong username or password.", 0}},
	{auth.ErrUsernameTaken, clientError{generated.ErrorCodeUsernameTaken, "This username is taken.", 0}},
	{auth.ErrNoUser, clientError{generated.ErrorCodeNotFound, "There is no such user.", 0}},
	{auth.ErrForbidden, clientError{generated.ErrorCodeForbidden, "You may not do this.", 0}},
	{auth.ErrNoBot, clientError{generated.ErrorCodeNotFound, "There is no such bot.", 0}},
	{auth.ErrNoInvite, clientError{generated.ErrorCodeNotFound, "There is no such invite.", 0}},
	{auth.ErrLimit, clientError{generated.ErrorCodeLimitReached, "This is more than is allowed.", 0}},
	{auth.ErrIDTaken, clientError{generated.ErrorCodeIDTaken, "This id is taken by something else. Make a new one.", 0}},
	{auth.ErrNoSession, clientError{generated.ErrorCodeNotFound, "You have no such session.", 0}},
	{auth.ErrBusy, clientError{generated.ErrorCodeServerBusy, "Too many sign-ins at once.", time.Second}},

	{auth.ErrNoKeys, clientError{generated.ErrorCodeServerBusy, "The keys of the issuer of this token cannot be fetched.", 5 * time.Second}},

	{budget.ErrLargeAnswer, clientError{generated.ErrorCodeOperationTooComplex, largeAnswer, 0}},
	{budget.ErrManyAnswers, clientError{generated.ErrorCodeServerBusy, "Too many answers are under way.", busyRetry}},
	{ErrNoAnswer, clientError{generated.ErrorCodeUnknownOutcome, "It has been carried out, but earlier answers are not taken, so there is no room for this one.", 0}},

	{ErrManyStreams, clientError{generated.ErrorCodeGraphqlValidationFailed, "A subscription has exactly one root field.", 0}},

	{chat.ErrNoRoom, clientError{generated.ErrorCodeNotFound, "There is no such room.", 0}},
	{chat.ErrNoPerson, clientError{generated.ErrorCodeNotFound, "There is no such user.", 0}},
	{chat.ErrNoMember, clientError{generated.ErrorCodeNotFound, "There is no such member.", 0}},
	{chat.ErrNoInvite, clientError{generated.ErrorCodeNotFound, "There is no such invite.", 0}},
	{chat.ErrNoChat, clientError{generated.ErrorCodeNotFound, "There is no such chat.", 0}},
	{ErrNoNode, clientError{generated.ErrorCodeNotFound, "There is no such object.", 0}},
	{chat.ErrForbidden, clientError{generated.ErrorCodeForbidden, "You may not do this.", 0}},
	{chat.ErrRoomNameTaken, clientError{generated.ErrorCodeRoomNameTaken, "There is a public room of this name.", 0}},
	{chat.ErrIDTaken, clientError{generated.ErrorCodeIDTaken, "This id is taken by something else. Make a new one.", 0}},
	{chat.ErrDiverged, clientError{generated.ErrorCodeCursorDiverged, "The history this cursor belongs to is not the one the server has. Read `chats` again.", 0}},
	{chat.ErrBusy, clientError{generated.ErrorCodeServerBusy, "Too many sends are waiting.", busyRetry}},
	{chat.ErrTimeout, clientError{generated.ErrorCodeTimeout, "It took too long and was given up; nothing was changed.", anytime}},
	{chat.ErrClosing, clientError{generated.ErrorCodeShuttingDown, "The server is going down.", time.Second}},

	{chat.ErrUnknown, clientError{generated.ErrorCodeUnknownOutcome, "It is not known whether the chat was stored, and it has no id to send it again with.", 0}},
	{db.ErrUnknownOutcome, clientError{generated.ErrorCodeUnknownOutcome, "It is not known whether the change was made. Send it again with the same id.", anytime}},
	{db.ErrFull, clientError{generated.ErrorCodeStorageFull, "The disk is full.", 5 * time.Second}},
	{db.ErrBusy, clientError{generated.ErrorCodeServerBusy, "The database is busy.", busyRetry}},
	{db.ErrDown, clientError{generated.ErrorCodeServerBusy, "The database cannot be reached.", busyRetry}},
	{context.DeadlineExceeded, clientError{generated.ErrorCodeTimeout, "It took too long and was given up; nothing was changed.", anytime}},
	{context.Canceled, clientError{generated.ErrorCodeTimeout, "The request was withdrawn.", anytime}},
}

var largeAnswer = fmt.Sprintf("The answer is larger than %d MiB. Ask for a smaller page.", budget.MaxAnswer>>20)

// anytime: the same again may pass, and it is not known when.
const anytime = time.Nanosecond

// busyRetry stands for 200 to 1,000 ms at random, so that those who were refused together do not
// come back together.
const busyRetry = 600 * time.Millisecond

// A Presenter says errors to clients, and faults of ours to the log.
type Presenter struct{ Log *slog.Logger }

// Present gives an error its code. Only errors with a code keep what they say; no message repeats
// a value that a client sent.
//
// An event of a stream is executed once for all its readers, and for no request. Its errors get an id of their own.
func (p *Presenter) Present(ctx context.Context, err error) *gqlerror.Error {
	if RequestID(ctx) == "" {
		ctx = WithRequestID(ctx, NewRequestID())
	}
	shown := &gqlerror.Error{}
	if !errors.As(err, &shown) {
		shown = gqlerror.WrapPath(graphql.GetPath(ctx), err)
	} else {
		again := *shown // an error of a cached document is not ours to change
		shown = &again
	}
	if shown.Path == nil {
		shown.Path = graphql.GetPath(ctx)
	}
	if code, _ := shown.Extensions["code"].(string); code != "" {
		document.PresentError(shown, code)
	} else {
		p.translate(ctx, err, shown)
	}
	shown.Err = nil
	shown.Extensions["requestId"] = RequestID(ctx)
	return shown
}

// translate looks an error up in the table.
func (p *Presenter) translate(ctx context.Context, err error, shown *gqlerror.Error) {
	shown.Extensions = map[string]any{}
	var badChat *chat.InvalidError
	var badAuth *auth.InvalidError
	var fast *chat.RateError
	var guessing *auth.RateError
	var limit *chat.LimitError
	switch {
	case errors.As(err, &badChat):
		presentInvalid(shown, badChat.Field, badChat.Reason, badChat.Detail)
	case errors.As(err, &badAuth):
		presentInvalid(shown, badAuth.Field, badAuth.Reason, "is not acceptable")
	case errors.As(err, &fast):
		presentAs(shown, clientError{generated.ErrorCodeRateLimited, "Too fast.", fast.RetryAfter})
	case errors.As(err, &guessing):
		presentAs(shown, clientError{generated.ErrorCodeRateLimited, "Too many attempts.", guessing.RetryAfter})
	case errors.As(err, &limit):
		presentAs(shown, clientError{generated.ErrorCodeLimitReached, "This is more than is allowed.", 0})
		shown.Extensions["reason"] = limit.Reason
	case errors.Is(err, scalar.ErrNoDateTime):
		presentInvalid(shown, argumentOf(shown), "VARIABLE_INVALID", "is a point in time like 2030-01-31T12:00:00Z")
	default:
		for _, v := range clientErrors {
			if errors.Is(err, v.is) {
				if v.retry != 0 && isBelowMutation(ctx, shown) {
					v.clientError = unread
				}
				presentAs(shown, v.clientError)
				presentReason(shown, err)
				return
			}
		}
		p.Log.ErrorContext(ctx, "fault", "error", err, "path", shown.Path.String(), "request_id", RequestID(ctx))
		shown.Message = "A fault of the server."
		shown.Extensions["code"] = string(generated.ErrorCodeInternalServerError)
	}
}

// unread is told of a mutation of which something could not be read that would be there the next time. Its own error would say that
// nothing was changed, and that it may be sent again.
var unread = clientError{generated.ErrorCodeUnknownOutcome, "It has been carried out, but not all that was asked of it could be read.", 0}

// isBelowMutation tells whether an error is of a field of what a mutation has answered.
func isBelowMutation(ctx context.Context, shown *gqlerror.Error) bool {
	if len(shown.Path) < 2 || !graphql.HasOperationContext(ctx) {
		return false
	}
	op := graphql.GetOperationContext(ctx).Operation
	return op != nil && op.Operation == ast.Mutation
}

func presentInvalid(shown *gqlerror.Error, field, reason, detail string) {
	shown.Message = field + " " + detail + "."
	shown.Extensions["code"] = string(generated.ErrorCodeBadUserInput)
	shown.Extensions["field"], shown.Extensions["reason"] = field, reason
}

// argumentOf is the argument that an error is about, by its path.
func argumentOf(shown *gqlerror.Error) string {
	for i := len(shown.Path) - 1; i >= 0; i-- {
		if name, is := shown.Path[i].(ast.PathName); is {
			return string(name)
		}
	}
	return ""
}

func presentAs(shown *gqlerror.Error, v clientError) {
	shown.Message = v.message
	shown.Extensions["code"] = string(v.code)
	if v.retry == 0 {
		return
	}
	shown.Extensions["retryable"] = true
	switch {
	case v.retry == busyRetry:
		shown.Extensions["retryAfterMs"] = 200 + mathrand.IntN(801)
	case v.retry != anytime:
		shown.Extensions["retryAfterMs"] = (v.retry + time.Millisecond - 1).Milliseconds()
	}
}

func presentReason(shown *gqlerror.Error, err error) {
	var why *auth.ReasonError
	if errors.As(err, &why) {
		shown.Extensions["reason"] = why.Reason
	}
	var forbidden *chat.ForbiddenError
	if errors.As(err, &forbidden) && forbidden.Reason != "" {
		shown.Extensions["reason"] = forbidden.Reason
		if forbidden.Until != nil {
			shown.Extensions["until"] = forbidden.Until.UTC().Format("2006-01-02T15:04:05.000Z")
		}
	}
	var diverged *chat.DivergedError
	if errors.As(err, &diverged) {
		rooms := make([]string, len(diverged.Rooms))
		for i, id := range diverged.Rooms {
			rooms[i] = id.String()
		}
		shown.Extensions["rooms"] = rooms
	}
}

// Recovered turns a panic in a resolver into a fault.
func (p *Presenter) Recovered(_ context.Context, panicked any) error {
	return &panicError{panicked, debug.Stack()}
}

type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return "panic: " + stringOf(e.value) + "\n" + string(e.stack) }

func stringOf(v any) string {
	if err, ok := v.(error); ok {
		return err.Error()
	}
	s, _ := v.(string)
	return s
}

type requestIDKey struct{}

// WithRequestID gives a request the id under which its faults are logged.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// NewRequestID makes one.
func NewRequestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// RequestID is the id under which the faults of a request are logged; empty: it has none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// refusals are the codes of Refuse for which sending the same again helps.
var refusals = map[generated.ErrorCode]time.Duration{
	generated.ErrorCodeShuttingDown: time.Second,
	generated.ErrorCodeServerBusy:   busyRetry,
	generated.ErrorCodeTimeout:      anytime,
}

// Refuse builds the errors that transport gives beside gqlgen.
func (p *Presenter) Refuse(ctx context.Context, code, reason, message string) *gqlerror.Error {
	refused := &gqlerror.Error{Extensions: map[string]any{"requestId": RequestID(ctx)}}
	known := generated.ErrorCode(code)
	presentAs(refused, clientError{known, message, refusals[known]})
	if reason != "" {
		refused.Extensions["reason"] = reason
	}
	return refused
}
