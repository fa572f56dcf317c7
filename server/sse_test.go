package server

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
)

// events is a client's side of an event stream.
type events struct {
	t     testing.TB
	lines *bufio.Scanner
}

// follow opens the stream of a subscription, which runs once this has answered.
func (s *testServer) follow(token, document string, variables any) *events {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	s.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+"/graphql", strings.NewReader(s.request(document, variables)))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		s.t.Fatalf("%s, %v", response.Status, response.Header)
	}
	return &events{s.t, bufio.NewScanner(response.Body)}
}

// next answers the data of the next event, and its kind; "" at the end of the response.
func (e *events) next() (kind, data string) {
	e.t.Helper()
	for e.lines.Scan() {
		switch name, value, _ := strings.Cut(e.lines.Text(), ":"); name {
		case "event":
			kind = strings.TrimSpace(value)
		case "data":
			return kind, strings.TrimSpace(value)
		}
	}
	return "", ""
}

// wantCut reads to the end, which is no end for the client: it comes without the event that says so.
func (e *events) wantCut() (read string) {
	e.t.Helper()
	for {
		kind, data := e.next()
		switch kind {
		case "":
			if err := e.lines.Err(); err == nil || errors.Is(err, context.DeadlineExceeded) {
				e.t.Errorf("the response was not cut: %v", err)
			}
			return read
		case "next":
			read += data + "\n"
		default:
			e.t.Fatalf("got %s %s", kind, data)
		}
	}
}

const followDocument = `subscription($after: Cursor) { chatSent(room: "general", after: $after) { text } }`

// place answers where the chats that are not sent yet begin.
func (s *testServer) place(token string) map[string]any {
	s.t.Helper()
	var page struct{ Chats struct{ SyncCursor string } }
	s.must(&page, token, `{ chats(room: "general") { syncCursor } }`)
	return map[string]any{"after": page.Chats.SyncCursor}
}

func (s *testServer) say(token, text string) {
	s.t.Helper()
	s.must(nil, token, `mutation($t: String!) { sendChat(room: "general", text: $t) { id } }`, map[string]any{"t": text})
}

// want reads the next event, which is a chat.
func (e *events) want(text string) {
	e.t.Helper()
	if kind, data := e.next(); kind != "next" || !strings.Contains(data, `"`+text+`"`) {
		e.t.Fatalf("got %s %s, want %s", kind, data, text)
	}
}

// wantEnded reads to the end of the socket's session. Until then no stream has said that it is complete,
// nor this text.
func (k *socket) wantEnded(never string) {
	k.t.Helper()
	for {
		m, code := k.read()
		if code == 4401 {
			return
		}
		if code != 0 || m.Type != "next" || strings.Contains(string(m.Payload), never) {
			k.t.Fatalf("got %s %s, close code %d", m.Type, m.Payload, code)
		}
	}
}

// endings are the ways to end a session out of another one of the same person.
var endings = map[string]func(s *testServer, own, other pair){
	"logout": func(s *testServer, own, _ pair) { s.must(nil, own.AccessToken, `mutation { logout }`) },
	"logout by refresh token": func(s *testServer, own, _ pair) {
		s.must(nil, "", `mutation($t: String) { logout(refreshToken: $t) }`, map[string]any{"t": own.RefreshToken})
	},
	"logout of others": func(s *testServer, _, other pair) {
		s.must(nil, other.AccessToken, `mutation { logout(scope: OTHERS) }`)
	},
	"logout of all": func(s *testServer, _, other pair) { s.must(nil, other.AccessToken, `mutation { logout(scope: ALL) }`) },
	"endSession": func(s *testServer, own, other pair) {
		_, id := s.sessionsOf(own.AccessToken)
		s.must(nil, other.AccessToken, `mutation($s: ID!) { endSession(session: $s) }`, map[string]any{"s": id})
	},
	"changePassword": func(s *testServer, _, other pair) {
		s.must(nil, other.AccessToken, `mutation { changePassword(currentPassword: "correct horse battery", newPassword: "a new horse battery") { id } }`)
	},
	"deleteAccount": func(s *testServer, _, other pair) {
		s.must(nil, other.AccessToken, `mutation { deleteAccount(password: "correct horse battery") }`)
	},
	"a token used again": func(s *testServer, own, _ pair) {
		for range 2 {
			s.refresh(own.RefreshToken, "")
		}
	},
}

// However a session ends, its streams end with it, and no chat that was sent after the answer is in them;
// not in good order, or the client would not come back.
func TestStreamsEndWithTheirSession(t *testing.T) {
	s := newServer(t, "--send-rate", "0", "--mutation-rate", "0", "--register-rate", "0", "--refresh-reuse-window", "0s")
	bob, _ := s.register("bob")
	s.must(nil, bob, `mutation { createRoom(name: "general") { id } }`)
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			s, user := &testServer{t: t, addr: s.addr}, strings.ReplaceAll(name, " ", "_")
			s.register(user)
			own, other := s.signIn(user, "correct horse battery"), s.signIn(user, "correct horse battery")
			start := s.place(bob)
			e, k := s.follow(own.AccessToken, followDocument, start), s.dial(own.AccessToken)
			k.expect("connection_ack")
			k.subscribe("1", followDocument, start)
			s.say(bob, "before")
			e.want("before")
			if m := k.expect("next"); !strings.Contains(string(m.Payload), "before") {
				t.Errorf("got %s", m.Payload)
			}
			end(s, own, other)
			s.say(bob, "after")
			if read := e.wantCut(); strings.Contains(read, "after") {
				t.Errorf("the event stream went on with %s", read)
			}
			k.wantEnded("after")
			s.wantCode(own.AccessToken, "SESSION_REVOKED")
		})
	}
}

// An event stream is cut when its token runs out, even if the session is refreshed meanwhile; the next
// one begins where it was.
func TestEventStreamEndsWithItsToken(t *testing.T) {
	s := newServer(t, "--access-token-lifetime", "2s", "--leeway", "0s")
	ann, refresh := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.place(ann)
	e := s.follow(ann, followDocument, start)
	s.say(ann, "before")
	e.want("before")
	p, a := s.refresh(refresh, "")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	if read := e.wantCut(); read != "" {
		t.Errorf("got %s", read)
	}
	s.wantCode(ann, "TOKEN_EXPIRED")
	if p, a = s.refresh(p.RefreshToken, ""); len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	s.say(p.AccessToken, "after")
	e = s.follow(p.AccessToken, followDocument, start)
	e.want("before")
	e.want("after")
}
