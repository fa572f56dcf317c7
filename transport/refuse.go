package transport

import (
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/refusal"
)

var (
	slowRequest = refusal.New(http.StatusRequestTimeout, refusal.BadInput, refusal.Malformed, "The body of the request did not arrive in time.")
	manyBytes   = refusal.New(http.StatusServiceUnavailable, refusal.Busy, "", "Too many requests are coming in, and this one was not there soon.")
	bigRequest  = refusal.New(http.StatusRequestEntityTooLarge, refusal.TooComplex, "", "The body of the request is too large.")
	badMethod   = refusal.New(http.StatusMethodNotAllowed, refusal.BadInput, "METHOD_NOT_ALLOWED", "Use POST, or GET for a query.")
	badGet      = refusal.New(http.StatusMethodNotAllowed, refusal.BadInput, "METHOD_NOT_ALLOWED", "GET is for queries. Use POST.")
	badAccept   = refusal.New(http.StatusNotAcceptable, refusal.BadInput, "NOT_ACCEPTABLE", "Accept application/graphql-response+json, application/json or, with POST, text/event-stream.")
	badType     = refusal.New(http.StatusUnsupportedMediaType, refusal.BadInput, "UNSUPPORTED_MEDIA_TYPE", "Send application/json in UTF-8.")
	noStream    = refusal.New(http.StatusBadRequest, refusal.BadInput, "STREAM_REQUIRED", "A subscription needs a WebSocket, or POST with Accept: text/event-stream.")
)

// refuse answers a request that says nothing of its operation.
func (t *Transports) refuse(w http.ResponseWriter, r *http.Request, no *refusal.Refusal) {
	err := t.options.Refuse(r.Context(), no.Code, no.Reason, no.Message)
	if no.Wait > 0 {
		err.Extensions["retryable"] = true
		err.Extensions["retryAfterMs"] = (no.Wait + time.Millisecond - 1).Milliseconds()
	}
	switch no.Status {
	case http.StatusMethodNotAllowed:
		allowed := "GET, POST"
		if no == badGet {
			allowed = "POST"
		}
		w.Header().Set("Allow", allowed)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		w.Header().Set("Retry-After", refusal.RetryAfter(gqlerror.List{err}))
	case http.StatusUpgradeRequired:
		w.Header().Set("Sec-WebSocket-Version", "13")
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
	}
	t.operations.CountUnread()
	t.answer(w, r, no.Status, &graphql.Response{Errors: gqlerror.List{err}})
}

// refuseUpgrade refuses a socket.
func (t *Transports) refuseUpgrade(w http.ResponseWriter, r *http.Request, no *refusal.Refusal) {
	t.limitBody(w, r)
	t.refuse(w, r, no)
}
