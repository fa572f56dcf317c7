package wire

import (
	"bytes"
	"encoding/json"
	"net/url"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

// Whatever is taken for a request is one: UTF-8, one JSON object, and a document or a hash.
func FuzzParams(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{hello}"}`, `{"query":"{a}","variables":{"n":1e999},"extensions":{},"operationName":"x"}`,
		`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`, `{"query":"{a}"}{}`, `[]`, `null`, "\xff",
		`{"query":null,"query":"{a}"}`, `{"Query":"{a}"}`, `{"query":"\ud800"}`, `{"query":"\ud83d\ude00 \\ud800 \uDFFF"}`,
		`{"query":"\ud83d\ude00","variables":{"a":"\ud83d\u0041"}}`, `{"query":"\uFFFD"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, no := ParseParams(raw)
		if no != nil {
			return
		}
		object := decoded(t, raw)
		noneReplaced(t, raw, p)
		if text, isText := object["query"].(string); isText && text != p.Query || !isText && !hasHash(p) {
			t.Fatalf("query %q of %q", p.Query, raw)
		}
	})
}

// Whatever is taken for a request in an URL is the same request in a body.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{
		"query={hello}", "query=%7Ba%7D&operationName=x&variables=%7B%22n%22%3A1e999%7D&extensions=%7B%7D", "query=&variables=null",
		"extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%2C%22sha256Hash%22%3A%2200%22%7D%7D", "query=a&query=b", "query=%zz",
		"query=%ff", "query=a;b", "variables={}{}&query=a", "variables=[]&query=a", "query=a&variables=+{}+", "%71uery=a", "query", "=&&=",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, no := ParseURL(raw)
		if no != nil {
			return
		}
		values, _ := url.ParseQuery(raw) // it was taken
		body := map[string]any{"operationName": p.OperationName}
		if values.Has("query") {
			body["query"] = p.Query
		}
		for _, name := range []string{"variables", "extensions"} {
			if text := values.Get(name); text != "" {
				body[name] = json.RawMessage(text)
			}
		}
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatalf("%q has no body: %v", raw, err)
		}
		same, no := ParseParams(text)
		if no != nil || same.Query != p.Query || same.OperationName != p.OperationName ||
			!reflect.DeepEqual(same.Variables, p.Variables) || !reflect.DeepEqual(same.Extensions, p.Extensions) {
			t.Fatalf("%q is %+v, and as a body %+v", raw, p, same)
		}
	})
}

// decoded reads what must be one JSON object in UTF-8.
func decoded(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var object map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // 1e999 is a number of JSON
	if err := dec.Decode(&object); err != nil || object == nil || !utf8.Valid(raw) || !json.Valid(raw) {
		t.Fatalf("taken: %q %v", raw, err)
	}
	return object
}

// noneReplaced wants that no text has U+FFFD, which stands for what cannot be read, unless it was sent.
func noneReplaced(t *testing.T, raw []byte, p *graphql.RawParams) {
	t.Helper()
	if bytes.Contains(bytes.ToLower(raw), []byte("fffd")) || bytes.ContainsRune(raw, utf8.RuneError) {
		return
	}
	if read, _ := json.Marshal([]any{p.Query, p.OperationName, p.Variables, p.Extensions}); bytes.ContainsRune(read, utf8.RuneError) {
		t.Fatalf("%q is read as %q", raw, read)
	}
}
