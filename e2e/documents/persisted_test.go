package documents

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// persistedWays send a request as JSON over each transport and answer all that comes back.
var persistedWays = map[string]func(s *harness.Server, body string) string{
	"POST": func(s *harness.Server, body string) string { return s.Send(harness.Posted(body)).Body },
	"GET": func(s *harness.Server, body string) string {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &fields); err != nil {
			s.T.Fatal(err)
		}
		values := url.Values{"extensions": {string(fields["extensions"])}, "variables": {string(fields["variables"])}}
		if text := fields["query"]; text != nil {
			var query string
			_ = json.Unmarshal(text, &query) // it was written by a test
			values.Set("query", query)
		}
		return s.Send(harness.Got(values.Encode())).Body
	},
	"SSE": func(s *harness.Server, body string) string {
		return s.Send(harness.Posted(body, "Accept", harness.EventStreamType)).Body
	},
	"WebSocket": func(s *harness.Server, body string) string {
		k := s.Dial("")
		defer func() { _ = k.Conn.CloseNow() }()
		k.Expect("connection_ack")
		k.Write(harness.Message{ID: "1", Type: "subscribe", Payload: json.RawMessage(body)})
		m, code := k.Read()
		if code != 0 {
			s.T.Fatalf("%s closed the socket with %d", body, code)
		}
		return string(m.Payload)
	},
}

func sha256Of(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// persistedBody names a document by a hash; with an empty text it brings the hash only.
func persistedBody(text, hash string) string {
	body := map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}}
	if text != "" {
		body["query"] = text
	}
	b, _ := json.Marshal(body) // plain values
	return string(b)
}

// A text that came with its hash over one transport is known over each, and no other is.
func TestPersistedQueries(t *testing.T) {
	s := harness.New(t)
	for via, send := range persistedWays {
		document := "{ server { version } } # " + via
		want := func(body, part string) {
			t.Helper()
			if text := send(s, body); !strings.Contains(text, part) {
				t.Errorf("%s of %.200s: %s, want %s", via, body, text, part)
			}
		}
		hash := sha256Of(document)
		want(persistedBody("", hash), `"PERSISTED_QUERY_NOT_FOUND"`)
		want(persistedBody(document, hash[:63]+"x"), `"REQUEST_MALFORMED"`)
		want(persistedBody(document, strings.ToUpper(hash)), `"REQUEST_MALFORMED"`)
		want(persistedBody(document, ""), `"REQUEST_MALFORMED"`)
		want(strings.Replace(persistedBody(document, hash), `"version":1`, `"version":2`, 1), `"REQUEST_MALFORMED"`)
		want(`{"query":"{server{version}}","extensions":{"persistedQuery":[]}}`, `"REQUEST_MALFORMED"`)
		want(persistedBody("", hash), `"PERSISTED_QUERY_NOT_FOUND"`)
		want(persistedBody("", hash[:63]+"x"), `"PERSISTED_QUERY_NOT_FOUND"`)
		want(persistedBody(document, hash), `"version"`)
		for other, send := range persistedWays {
			if text := send(s, persistedBody("", hash)); !strings.Contains(text, `"version"`) {
				t.Errorf("what came by %s is answered by %s with %s", via, other, text)
			}
		}
	}
	if log := s.Log.String(); strings.Contains(log, "fault") {
		t.Errorf("a refusal is taken for a fault: %s", log)
	}
}

// What is large, or takes a password or token, runs with its hash and is not kept.
func TestTextsThatAreNotPersisted(t *testing.T) {
	s := harness.New(t)
	const large = `{ server { version } } #`
	for name, c := range map[string]struct{ document, answer string }{
		"above 8 KiB":    {large + strings.Repeat("x", 8<<10-len(large)+1), `"version"`},
		"register":       {`mutation { register(username: "x", password: "correct horse battery") { accessToken } }`, `"TOO_SHORT"`},
		"login":          {`mutation { x: login(username: "nobody", password: "hunter2hunter2") { accessToken } }`, `"INVALID_CREDENTIALS"`},
		"loginWith":      {`mutation { loginWith(token: "hunter2hunter2") { accessToken } }`, `"INVALID_TOKEN"`},
		"ensureUser":     {`mutation { ensureUser(token: "hunter2hunter2") { id } }`, `"UNAUTHENTICATED"`},
		"refreshToken":   {`mutation { ...F } fragment F on Mutation { refreshToken(token: "hunter2hunter2") { accessToken } }`, `"INVALID_TOKEN"`},
		"logout":         {`mutation { logout(refreshToken: "hunter2hunter2") }`, `"logout"`},
		"changePassword": {`mutation { changePassword(currentPassword: "hunter2hunter2", newPassword: "x") { id } }`, `"UNAUTHENTICATED"`},
		"deleteAccount":  {`mutation { deleteAccount(password: "hunter2hunter2") }`, `"UNAUTHENTICATED"`},
		"or by a token":  {`mutation { deleteAccount(token: "hunter2hunter2") }`, `"UNAUTHENTICATED"`},
	} {
		for via, send := range persistedWays {
			if via == "GET" && name != "above 8 KiB" {
				continue // not for mutations
			}
			hash := sha256Of(c.document)
			if text := send(s, persistedBody(c.document, hash)); !strings.Contains(text, c.answer) {
				t.Errorf("%s by %s: %s, want %s", name, via, text, c.answer)
			}
			if text := send(s, persistedBody("", hash)); !strings.Contains(text, `"PERSISTED_QUERY_NOT_FOUND"`) {
				t.Errorf("%s by %s was kept: %s", name, via, text)
			}
		}
	}
	kept := large + strings.Repeat("x", 8<<10-len(large))
	s.Send(harness.Posted(persistedBody(kept, sha256Of(kept))))
	if a := s.Send(harness.Posted(persistedBody("", sha256Of(kept)))); !strings.Contains(a.Body, `"version"`) {
		t.Errorf("8 KiB: %s", a.Body)
	}
}

// A persisted mutation is one, by GET too.
func TestPersistedMutationByGET(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	const document = `mutation { createRoom(name: "general") { id } }`
	s.Send(harness.Posted(persistedBody(document, sha256Of(document)))) // refused for lack of a token, and kept
	values := url.Values{"extensions": {`{"persistedQuery":{"version":1,"sha256Hash":"` + sha256Of(document) + `"}}`}}
	if a := s.Send(harness.Got(values.Encode(), "Authorization", "Bearer "+ann)); a.Status != 405 || a.Header.Get("Allow") != "POST" {
		t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
	}
	if a := s.Send(harness.Posted(persistedBody("", sha256Of(document)), "Authorization", "Bearer "+ann)); !strings.Contains(a.Body, `"createRoom"`) {
		t.Error(a.Body)
	}
}
