package transport

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/wire"
)

// An echo answers what the request has in `extensions`: data, which is any JSON, and an error.
type echo struct{}

var echoSchema = gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { echo: Int } type Subscription { echo: Int }`})

func (echo) Schema() *ast.Schema { return echoSchema }

func (echo) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (echo) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	left := 1
	return func(ctx context.Context) *graphql.Response {
		if left--; left < 0 {
			return nil
		}
		data, _ := op.Extensions["data"].(string)
		if message, _ := op.Extensions["message"].(string); message != "" {
			graphql.AddError(ctx, &gqlerror.Error{Message: message, Extensions: map[string]any{"code": "X", message: message}})
		}
		return &graphql.Response{Data: json.RawMessage(data)}
	}
}

// Whatever a result holds, it comes through an event stream as it comes through HTTP: in one event, read as
// the HTML standard reads lines. The long seed is minimised for minutes without -fuzzminimizetime 1s.
func FuzzEventStream(f *testing.F) {
	for _, seed := range []struct{ data, message string }{
		{`{"echo":1}`, ""},
		{"{\"echo\":\n[1,\r\n2,\r3]}", ""},
		{`{"echo":"\n\r\u2028"}`, "two\nlines"},
		{"{\"echo\":\"\u2028\u0085\v\f\"}", "\r"},
		{`{"echo":null}`, "data: x\n\nevent: complete"},
		{`null`, "x"},
		{`{"echo":": \u0000"}`, "\x00"},
		{"\t{ \"echo\" : {} }\n", ""},
		{`{"echo":"` + strings.Repeat("é", 9_000) + `"}`, ""},
		{`{"echo":"` + strings.Repeat("\u2028é\u0085", 9_000) + `"}`, ""}, // torn nowhere
	} {
		f.Add(seed.data, seed.message)
	}
	addr := fuzzed(f, Options{}, echo{})
	f.Fuzz(func(t *testing.T, data, message string) {
		if !json.Valid([]byte(data)) || !utf8.ValidString(data) || !utf8.ValidString(message) {
			return
		}
		want := decodedAny(t, posted(t, addr, "query { echo }", "application/json", data, message))
		for _, document := range []string{"query { echo }", "subscription { echo }"} {
			text := posted(t, addr, document, "text/event-stream", data, message)
			if strings.ContainsAny(text, "\u2028\u2029\u0085") {
				t.Fatalf("%.100q has ends of lines for some", text)
			}
			events := naiveEvents(text)
			if len(events) != 2 || events[0].kind != "next" || events[1] != (naiveEvent{"complete", ""}) {
				t.Fatalf("%q gives the events %q", text, events)
			}
			if document[0] == 's' {
				continue // the paths of its errors differ
			}
			if got := decodedAny(t, events[0].data); !reflect.DeepEqual(got, want) {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
	})
}

func decodedAny(t *testing.T, text string) (value any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return value
}

func posted(t *testing.T, addr, document, accept, data, message string) string {
	t.Helper()
	body := wire.MustJSON(map[string]any{"query": document, "extensions": map[string]string{"data": data, "message": message}})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type naiveEvent struct{ kind, data string }

// naiveEvents reads a whole stream (HTML standard, 9.2.6): lines end with CRLF, LF or CR.
func naiveEvents(text string) (events []naiveEvent) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	kind, data := "", []string(nil)
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" {
			if data != nil {
				events = append(events, naiveEvent{kind, strings.Join(data, "\n")})
			}
			kind, data = "", nil
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimPrefix(value, " "); name {
		case "event":
			kind = value
		case "data":
			data = append(data, value)
		}
	}
	return events
}
