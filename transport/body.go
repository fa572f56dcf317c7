package transport

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"parley/transport/admission"
	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/wire"
)

// limitBody gives the body of a request its time; net/http takes the deadline away at the end of the body.
// Refusals need it too: net/http reads what is left of a body before it answers.
func (t *Transports) limitBody(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(t.options.BodyTimeout)) // no socket in some tests
	}
}

// readBody reads the request of a POST. Nothing of it is repeated in a refusal or in the log: a body that
// is cut off or mistyped may hold a password.
func (t *Transports) readBody(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *refusal.Refusal) {
	switch {
	case !isJSON(r.Header):
		return nil, badType
	case r.ContentLength > t.options.MaxBody:
		return nil, bigRequest // unread, and without the 100 Continue that some wait for
	}
	begun := graphql.Now()
	deadline := http.NewResponseController(w)
	coming := t.inbound.Arrive(admission.AddressOf(r.RemoteAddr), func() {
		t.operations.CountDrop(operation.DropUnfinished)
		_ = deadline.SetReadDeadline(time.Unix(1, 0))
	})
	most := t.options.MaxBody + 1 // the reader answers that it is too large
	if r.ContentLength >= 0 {
		most = r.ContentLength
	}
	raw, err := coming.Receive(http.MaxBytesReader(w, r.Body, t.options.MaxBody), nil, most, most)
	var tooBig *http.MaxBytesError
	switch {
	case coming.End(): // even if all of it is there: nothing more is to be read over this connection
		w.Header().Set("Connection", "close")
		return nil, manyBytes
	case errors.As(err, &tooBig):
		return nil, bigRequest
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, slowRequest
	case err != nil && !errors.Is(err, io.EOF):
		return nil, wire.BadRequest
	}
	params, no := wire.ParseParams(raw)
	if no != nil {
		return nil, no
	}
	params.ReadTime = graphql.TraceTiming{Start: begun, End: graphql.Now()}
	return params, nil
}
