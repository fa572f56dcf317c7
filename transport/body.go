package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
	"unicode/utf8"

	"parley/transport/refusal"

	"github.com/99designs/gqlgen/graphql"
)

// limitBody gives the body of a request its time; net/http lifts the deadline at the end of the body.
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
	coming := arrival{in: &t.inbound, address: AddressOf(r.RemoteAddr), giveUp: func() {
		t.meters.noRoom.Add(RoomBytes, 1)
		t.meters.drops.Add(DropUnfinished, 1)
		_ = deadline.SetReadDeadline(time.Unix(1, 0))
	}}
	most := t.options.MaxBody + 1 // the reader answers that it is too large
	if r.ContentLength >= 0 {
		most = r.ContentLength
	}
	raw, err := coming.receive(http.MaxBytesReader(w, r.Body, t.options.MaxBody), nil, most, most)
	var tooBig *http.MaxBytesError
	switch {
	case coming.end(): // even if all of it is there: nothing more is to be read over this connection
		w.Header().Set("Connection", "close")
		return nil, manyBytes
	case errors.As(err, &tooBig):
		return nil, bigRequest
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, slowRequest
	case err != nil && !errors.Is(err, io.EOF):
		return nil, badRequest
	}
	params, no := parseParams(raw)
	if no != nil {
		return nil, no
	}
	params.ReadTime = graphql.TraceTiming{Start: begun, End: graphql.Now()}
	return params, nil
}

// parseParams reads {query, operationName, variables, extensions}: one JSON object in UTF-8 and nothing
// behind it. null counts as absent. Keys are matched exactly, the last of equal ones counts. All of it is
// read at once, because each request pays for it.
func parseParams(raw []byte) (*graphql.RawParams, *refusal.Refusal) {
	var fields map[string]any
	if !utf8.Valid(raw) || !readObject(raw, &fields) {
		return nil, badRequest
	}
	p := new(graphql.RawParams)
	ok1 := as(fields["query"], &p.Query)
	ok2 := as(fields["operationName"], &p.OperationName)
	ok3 := as(fields["variables"], &p.Variables)
	ok4 := as(fields["extensions"], &p.Extensions)
	switch {
	case !ok1 || !ok2 || !ok3 || !ok4 || fields["query"] == nil && !hasHash(p):
		return nil, badRequest
	case hasHalfPair(raw):
		return nil, badText
	}
	return p, nil
}

// as takes a value that is absent or of that type.
func as[T any](value any, into *T) bool {
	if value == nil {
		return true
	}
	typed, ok := value.(T)
	*into = typed
	return ok
}

// parseURL reads the same from the parameters of a GET; variables and extensions are JSON.
func parseURL(rawQuery string) (*graphql.RawParams, *refusal.Refusal) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, badRequest
	}
	p := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	p.ReadTime.Start = graphql.Now()
	p.ReadTime.End = p.ReadTime.Start
	variables, extensions := values.Get("variables"), values.Get("extensions")
	for _, text := range []string{p.Query, p.OperationName, variables, extensions} {
		if !utf8.ValidString(text) {
			return nil, badRequest
		}
	}
	ok1 := readObject(json.RawMessage(variables), &p.Variables)
	ok2 := readObject(json.RawMessage(extensions), &p.Extensions)
	switch {
	case !ok1 || !ok2 || !values.Has("query") && !hasHash(p):
		return nil, badRequest
	case hasHalfPair([]byte(variables)) || hasHalfPair([]byte(extensions)):
		return nil, badText
	}
	return p, nil
}

// hasHash tells whether the request names a persisted query, so that it needs no text.
func hasHash(p *graphql.RawParams) bool {
	persisted, _ := p.Extensions["persistedQuery"].(map[string]any)
	hash, _ := persisted["sha256Hash"].(string)
	return hash != ""
}

// parseObject reads one JSON object of modest size; null is one without fields. encoding/json alone would
// take bad UTF-8 for U+FFFD.
func parseObject(raw []byte) (map[string]json.RawMessage, bool) {
	if !utf8.Valid(raw) || !isModest(raw) {
		return nil, false
	}
	var fields map[string]json.RawMessage
	err := json.Unmarshal(raw, &fields) // refuses what comes behind the object
	return fields, err == nil
}

func readString(raw json.RawMessage, into *string) (given, ok bool) {
	if isAbsent(raw) {
		return false, true
	}
	return true, !hasHalfPair(raw) && json.Unmarshal(raw, into) == nil
}

// readObject keeps numbers as text: gqlgen takes a float64 for no Int.
func readObject(raw json.RawMessage, into *map[string]any) bool {
	if isAbsent(raw) {
		return true
	}
	if !isModest(raw) { // the parameters of a GET
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(into) != nil {
		return false
	}
	_, err := dec.Token()
	return errors.Is(err, io.EOF)
}

func isAbsent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }
