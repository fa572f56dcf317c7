package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"parley/transport/refusal"
)

// Refusals of what is no request.
var (
	BadRequest = refusal.New(http.StatusBadRequest, refusal.BadInput, refusal.Malformed, "The request is not one JSON object with a GraphQL document as `query`.")
	badText    = refusal.New(http.StatusBadRequest, refusal.BadInput, refusal.Malformed, "A text of the request has one half of a surrogate pair without the other.")
)

// ParseParams reads {query, operationName, variables, extensions}: one JSON object in UTF-8 and nothing
// behind it. null counts as absent. Keys are matched exactly, the last of equal ones counts. All of it is
// read at once, because each request pays for it.
func ParseParams(raw []byte) (*graphql.RawParams, *refusal.Refusal) {
	var fields map[string]any
	if !utf8.Valid(raw) || !ReadObject(raw, &fields) {
		return nil, BadRequest
	}
	p := new(graphql.RawParams)
	ok1 := as(fields["query"], &p.Query)
	ok2 := as(fields["operationName"], &p.OperationName)
	ok3 := as(fields["variables"], &p.Variables)
	ok4 := as(fields["extensions"], &p.Extensions)
	switch {
	case !ok1 || !ok2 || !ok3 || !ok4 || fields["query"] == nil && !hasHash(p):
		return nil, BadRequest
	case HasHalfPair(raw):
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

// ParseURL reads the same from the parameters of a GET; variables and extensions are JSON.
func ParseURL(rawQuery string) (*graphql.RawParams, *refusal.Refusal) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, BadRequest
	}
	p := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	p.ReadTime.Start = graphql.Now()
	p.ReadTime.End = p.ReadTime.Start
	variables, extensions := values.Get("variables"), values.Get("extensions")
	for _, text := range []string{p.Query, p.OperationName, variables, extensions} {
		if !utf8.ValidString(text) {
			return nil, BadRequest
		}
	}
	ok1 := ReadObject(json.RawMessage(variables), &p.Variables)
	ok2 := ReadObject(json.RawMessage(extensions), &p.Extensions)
	switch {
	case !ok1 || !ok2 || !values.Has("query") && !hasHash(p):
		return nil, BadRequest
	case HasHalfPair([]byte(variables)) || HasHalfPair([]byte(extensions)):
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

// ParseObject reads one JSON object within bounds; null is one without fields. encoding/json alone would
// take bad UTF-8 for U+FFFD.
func ParseObject(raw []byte) (map[string]json.RawMessage, bool) {
	if !utf8.Valid(raw) || !withinJSONLimits(raw) {
		return nil, false
	}
	var fields map[string]json.RawMessage
	err := json.Unmarshal(raw, &fields) // refuses what comes behind the object
	return fields, err == nil
}

// ReadString reads a string that may be absent.
func ReadString(raw json.RawMessage, into *string) (given, ok bool) {
	if IsAbsent(raw) {
		return false, true
	}
	return true, !HasHalfPair(raw) && json.Unmarshal(raw, into) == nil
}

// ReadObject keeps numbers as text: gqlgen takes a float64 for no Int.
func ReadObject(raw json.RawMessage, into *map[string]any) bool {
	if IsAbsent(raw) {
		return true
	}
	if !withinJSONLimits(raw) { // the parameters of a GET
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

// IsAbsent tells whether a value is missing or null.
func IsAbsent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }
