package documents

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// Whatever is asked, it is no fault of the server, and the answer is GraphQL's.
func FuzzDocument(f *testing.F) {
	for _, document := range secretDocuments {
		f.Add(hide(document), `{}`)
	}
	for document, values := range secretValues {
		for _, value := range values {
			f.Add(document, hide(`{"v":`+value+`}`))
		}
	}
	s, api := harness.Wired(f, nil)
	ann, _ := s.Register("ann")
	f.Fuzz(func(t *testing.T, document, variables string) {
		body, err := json.Marshal(map[string]any{"query": document, "variables": json.RawMessage(variables)})
		if err != nil {
			return // the variables are no JSON, so there is no request
		}
		request := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
		request.Header.Set("Content-Type", harness.PlainJSON)
		request.Header.Set("Accept", harness.GraphQLJSON)
		request.Header.Set("Authorization", "Bearer "+ann)
		recorder := httptest.NewRecorder()
		api.ServeHTTP(recorder, request)
		text := recorder.Body.String()
		if recorder.Code >= 500 && recorder.Code != http.StatusServiceUnavailable || strings.Contains(text, "INTERNAL_SERVER_ERROR") || !json.Valid(recorder.Body.Bytes()) {
			t.Fatalf("%q with %s: %d %s", document, variables, recorder.Code, text)
		}
	})
}
