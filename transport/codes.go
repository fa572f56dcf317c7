package transport

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"

	"github.com/gobwas/ws"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The close codes that the server sends of its own accord. graphql-ws takes 4400, 4401, 4406, 4409,
// 4429 and 1009 for final, and comes back after the others. It also comes back after 1000, but at once
// and without end, so that is sent only to answer a client's 1000.
const (
	closeTooBig      ws.StatusCode = 1009
	closeRestart     ws.StatusCode = 1012
	closeTryLater    ws.StatusCode = 1013
	closeBadMessage  ws.StatusCode = 4400
	closeNotSignedIn ws.StatusCode = 4401
	closeForbidden   ws.StatusCode = 4403
	closeSubprotocol ws.StatusCode = 4406
	closeNoInit      ws.StatusCode = 4408
	closeIDInUse     ws.StatusCode = 4409
	closeSecondInit  ws.StatusCode = 4429
)

// reason goes into the close frame, where it has at most 123 bytes: constants only.
func reason(code ws.StatusCode) string {
	switch code {
	case closeTooBig:
		return "Message too big"
	case closeRestart:
		return "Server is going down"
	case closeTryLater:
		return "Try again later"
	case closeBadMessage:
		return "Not the graphql-transport-ws protocol"
	case closeNotSignedIn:
		return "Unauthorized"
	case closeForbidden:
		return "Forbidden"
	case closeSubprotocol:
		return "Subprotocol not acceptable"
	case closeNoInit:
		return "Connection initialisation timeout"
	case closeIDInUse:
		return "Subscriber already exists"
	case closeSecondInit:
		return "Too many initialisation requests"
	}
	panic(fmt.Sprintf("transport: close code %d has no reason", code))
}

// misplacedToken is the reason, beside closeForbidden, when a token lies where nobody looks for it.
const misplacedToken = "Put the token into the payload of connection_init itself, as Authorization"

// The error codes that this package gives or reads. They are explained in the API's schema.
const (
	codeUnauthenticated = "UNAUTHENTICATED"
	codeTokenExpired    = "TOKEN_EXPIRED"
	codeSessionRevoked  = "SESSION_REVOKED"
	codeForbidden       = "FORBIDDEN"
	codeBadInput        = "BAD_USER_INPUT"
	codeTooComplex      = "OPERATION_TOO_COMPLEX"
	codeLimitReached    = "LIMIT_REACHED"
	codeRateLimited     = "RATE_LIMITED"
	codeBusy            = "SERVER_BUSY"
	codeShuttingDown    = "SHUTTING_DOWN"
	codeTimeout         = "TIMEOUT"
	codeInternal        = "INTERNAL_SERVER_ERROR"
)

// A refusal is an answer that says nothing of what was asked.
type refusal struct {
	status                int
	code, reason, message string
}

var (
	badRequest  = &refusal{http.StatusBadRequest, codeBadInput, "REQUEST_MALFORMED", "The request is not one JSON object with a GraphQL document as `query`."}
	badText     = &refusal{http.StatusBadRequest, codeBadInput, "REQUEST_MALFORMED", "A text of the request has one half of a surrogate pair without the other."}
	slowRequest = &refusal{http.StatusRequestTimeout, codeBadInput, "REQUEST_MALFORMED", "The body of the request did not arrive in time."}
	manyBytes   = &refusal{http.StatusServiceUnavailable, codeBusy, "", "Too many requests are coming in, and this one was not there soon."}
	bigRequest  = &refusal{http.StatusRequestEntityTooLarge, codeTooComplex, "", "The body of the request is too large."}
	badMethod   = &refusal{http.StatusMethodNotAllowed, codeBadInput, "METHOD_NOT_ALLOWED", "Use POST, or GET for a query."}
	badGet      = &refusal{http.StatusMethodNotAllowed, codeBadInput, "METHOD_NOT_ALLOWED", "GET is for queries. Use POST."}
	badAccept   = &refusal{http.StatusNotAcceptable, codeBadInput, "NOT_ACCEPTABLE", "Accept application/graphql-response+json, application/json or, with POST, text/event-stream."}
	badType     = &refusal{http.StatusUnsupportedMediaType, codeBadInput, "UNSUPPORTED_MEDIA_TYPE", "Send application/json in UTF-8."}
	noStream    = &refusal{http.StatusBadRequest, codeBadInput, "STREAM_REQUIRED", "A subscription needs a WebSocket, or POST with Accept: text/event-stream."}
	draining    = &refusal{http.StatusServiceUnavailable, codeShuttingDown, "", "The server is going down."}

	badVersion = &refusal{http.StatusUpgradeRequired, codeBadInput, "REQUEST_MALFORMED", "Use version 13 of the WebSocket protocol."}
	badKey     = &refusal{http.StatusBadRequest, codeBadInput, "REQUEST_MALFORMED", "Sec-WebSocket-Key is not 16 bytes in base64."}
	badHTTP    = &refusal{http.StatusBadRequest, codeBadInput, "REQUEST_MALFORMED", "A WebSocket needs HTTP/1.1. A proxy in front may speak HTTP/1.0 to this server."}
	badOrigin  = &refusal{http.StatusForbidden, codeForbidden, "", "Pages of this origin may not open sockets."}
)

// codesOf are the codes of errors. A code may be of any type whose kind is string.
func codesOf(errs gqlerror.List) []string {
	codes := make([]string, 0, len(errs))
	for _, err := range errs {
		if code, ok := err.Extensions["code"]; ok {
			codes = append(codes, fmt.Sprint(code))
		}
	}
	return codes
}

// isMalformed tells whether what was sent is no request, although gqlgen had to look at it to find out.
func isMalformed(errs gqlerror.List) bool {
	return slices.ContainsFunc(errs, func(err *gqlerror.Error) bool { return err.Extensions["reason"] == badRequest.reason })
}

// statusOf is the HTTP status of a request that was not executed.
func statusOf(errs gqlerror.List) int {
	for _, code := range codesOf(errs) {
		switch code {
		case codeUnauthenticated, codeTokenExpired, codeSessionRevoked:
			return http.StatusUnauthorized
		case codeBusy, codeShuttingDown:
			return http.StatusServiceUnavailable
		case codeRateLimited:
			return http.StatusTooManyRequests
		case codeInternal:
			return http.StatusInternalServerError
		}
	}
	return http.StatusBadRequest
}

// passing is the close code for an operation whose errors pass by themselves, and 0 for all others. As an
// answer such an error would be final for a stream: the standard client does not try again.
func passing(errs gqlerror.List) ws.StatusCode {
	codes := codesOf(errs)
	switch {
	case slices.Contains(codes, codeShuttingDown):
		return closeRestart
	case slices.ContainsFunc(codes, func(code string) bool { return code == codeBusy || code == codeRateLimited || code == codeTimeout }):
		return closeTryLater
	}
	return 0
}

// refusedSocket is the close code for a connection_init that Identify refused.
func refusedSocket(err *gqlerror.Error) ws.StatusCode {
	codes := codesOf(gqlerror.List{err})
	switch {
	case slices.Contains(codes, codeSessionRevoked):
		return closeNotSignedIn
	case slices.Contains(codes, codeBusy):
		return closeTryLater
	}
	return closeForbidden
}

// retryAfter is the header of that name in seconds: what the errors say, else 1 to 5 at random, so that
// those who were refused together do not come back together.
func retryAfter(errs gqlerror.List) string {
	for _, err := range errs {
		if ms, ok := err.Extensions["retryAfterMs"]; ok {
			if n, bad := strconv.ParseFloat(fmt.Sprint(ms), 64); bad == nil {
				return strconv.Itoa(max(1, int((n+999)/1000)))
			}
		}
	}
	return strconv.Itoa(1 + rand.IntN(5))
}
