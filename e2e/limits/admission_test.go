package limits

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"parley/e2e/harness"
)

// wantDenied wants a refusal at admission: it says when to come again, in whole seconds and in milliseconds.
func wantDenied(t *testing.T, what string, a harness.Answer, status int, code, reason string) {
	t.Helper()
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	ms, _ := a.Extension("retryAfterMs").(float64)
	got, _ := a.Extension("reason").(string)
	if a.Status != status || a.Code() != code || got != reason || a.Extension("retryable") != true || a.Extension("requestId") == "" ||
		err != nil || ms <= 0 || float64(seconds) < ms/1000 || float64(seconds) >= ms/1000+1 {
		t.Errorf("%s: %d %s, Retry-After %q; want %d %s %s", what, a.Status, a.Body, a.Header.Get("Retry-After"), status, code, reason)
	}
	if code != "RATE_LIMITED" && (seconds < 1 || seconds > 5) {
		t.Errorf("%s: Retry-After is %d, want 1 to 5", what, seconds)
	}
}

// opensAgain waits until a socket opens from an address.
func opensAgain(s *harness.Server, t *testing.T, address string) (k *harness.Socket) {
	t.Helper()
	harness.Eventually(t, "a slot that comes back", func() bool {
		k, _ = tryDial(s, address)
		return k != nil
	})
	return k
}

// newLimited is a server behind a proxy, with ann in the room general.
func newLimited(t *testing.T, flags ...string) (s *harness.Server, ann string) {
	t.Helper()
	s = harness.New(t, append(flags, harness.BehindProxy)...)
	ann, _ = s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	return s, ann
}

// A full node takes no further socket and no further event stream, and goes on answering requests. The
// slot comes back when a connection goes, whichever kind it is.
func TestFullNode(t *testing.T) {
	s, ann := newLimited(t, "--max-connections", "2")
	k, e := openFrom(s, ""), followFrom(s, "", ann)
	_, a := tryDial(s, "")
	wantDenied(t, "a third socket", a, 503, "SERVER_BUSY", "")
	_, a = tryStream(s, "", ann)
	wantDenied(t, "a third event stream", a, 503, "SERVER_BUSY", "")
	s.Must(nil, ann, `{ me { id } }`)
	leave(k)
	defer leave(opensAgain(s, t, ""))
	e.leave()
	defer leave(opensAgain(s, t, ""))
}

// New connections come as fast as the rate says, both kinds together; requests are not concerned.
func TestConnectionsThatComeTooFast(t *testing.T) {
	s, ann := newLimited(t, "--accept-rate", "1/1h")
	leave(openFrom(s, ""))
	followFrom(s, "", ann).leave()
	for range 3 {
		_, a := tryDial(s, "")
		wantDenied(t, "a socket", a, 503, "SERVER_BUSY", "")
		_, a = tryStream(s, "", ann)
		wantDenied(t, "an event stream", a, 503, "SERVER_BUSY", "")
	}
	s.Must(nil, ann, `{ me { id } }`)
	off, _ := newLimited(t, "--accept-rate", "0")
	for range 500 {
		leave(openFrom(off, ""))
	}
}

// Requests of one address are counted, whatever they are; an IPv6 network is one address, and loopback none.
func TestRequestsThatComeTooFast(t *testing.T) {
	s, ann := newLimited(t, "--address-request-rate", "1/1h")
	for _, addresses := range [][]string{
		{"198.51.100.1"},
		{"198.51.100.2", "::ffff:198.51.100.2"},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::2"},
		{"2001:db8:1:3::1"},
	} {
		from := func(i int) string { return addresses[i%len(addresses)] }
		followFrom(s, from(0), ann).leave()
		leave(openFrom(s, from(1)))
		for i := range 2 {
			if a := askFrom(s, from(i), ann, `{ me { id } }`); a.Status != 200 || a.Code() != "" {
				t.Errorf("%s: %d %s", from(i), a.Status, a.Body)
			}
		}
		for i := range 2 {
			wantDenied(t, from(i), askFrom(s, from(i), ann, `{ me { id } }`), 429, "RATE_LIMITED", "")
			_, a := tryDial(s, from(i))
			wantDenied(t, "a socket from "+from(i), a, 429, "RATE_LIMITED", "")
			_, a = tryStream(s, from(i), ann)
			wantDenied(t, "an event stream from "+from(i), a, 429, "RATE_LIMITED", "")
		}
	}
	for range 20 {
		s.Must(nil, ann, `{ me { id } }`)
	}
}

// Who waits as long as they are told is answered.
func TestRequestsPassInTime(t *testing.T) {
	s, ann := newLimited(t, "--address-request-rate", "1/1s")
	var told harness.Answer
	for told.Status != 429 {
		told = askFrom(s, "198.51.100.1", ann, `{ me { id } }`)
	}
	wantDenied(t, "too fast", told, 429, "RATE_LIMITED", "")
	wait, _ := told.Extension("retryAfterMs").(float64)
	for passes := time.Now().Add(time.Duration(wait) * time.Millisecond); ; {
		sent := time.Now()
		if a := askFrom(s, "198.51.100.1", ann, `{ me { id } }`); a.Status == 200 {
			return
		}
		if sent.After(passes) {
			t.Fatalf("told to wait %v ms and is still refused", wait)
		}
	}
}

// One address has so many connections, of both kinds together; another is not concerned, and loopback is
// not counted.
func TestConnectionsOfAnAddress(t *testing.T) {
	s, ann := newLimited(t, "--max-connections-per-address", "2")
	k, e := openFrom(s, "2001:db8:1:2::1"), followFrom(s, "2001:db8:1:2::2", ann)
	_, a := tryDial(s, "2001:db8:1:2::3")
	wantDenied(t, "a third socket", a, 429, "LIMIT_REACHED", "CONNECTIONS")
	_, a = tryStream(s, "2001:db8:1:2::3", ann)
	wantDenied(t, "a third event stream", a, 429, "LIMIT_REACHED", "CONNECTIONS")
	leave(openFrom(s, "2001:db8:1:3::1"))
	for range 5 {
		defer leave(openFrom(s, ""))
	}
	if a := askFrom(s, "2001:db8:1:2::3", ann, `{ me { id } }`); a.Status != 200 {
		t.Errorf("a query: %d %s", a.Status, a.Body)
	}
	leave(k)
	defer leave(opensAgain(s, t, "2001:db8:1:2::1"))
	e.leave()
	defer leave(opensAgain(s, t, "2001:db8:1:2::1"))
}

// Few sockets of an address may be unsigned: until a token comes, and for good when none does. Who signs in
// makes room. Event streams are not among them.
func TestUnsignedSocketsOfAnAddress(t *testing.T) {
	s, ann := newLimited(t, "--max-unsigned-per-address", "1")
	const address = "198.51.100.1"
	denied := func(what string) {
		t.Helper()
		_, a := tryDial(s, address)
		wantDenied(t, what, a, 429, "LIMIT_REACHED", "CONNECTIONS")
	}
	k := openFrom(s, address)
	denied("a second socket")
	followFrom(s, address, ann).leave()
	k.Write(harness.Message{Type: "connection_init", Payload: []byte(`{"authorization":"` + ann + `"}`)})
	k.Expect("connection_ack")
	anonymous := openFrom(s, address)
	denied("one signed in, one not")
	anonymous.Write(harness.Message{Type: "connection_init"})
	anonymous.Expect("connection_ack")
	denied("one signed in, one anonymous")
	leave(k) // that makes no room among the unsigned
	denied("one anonymous")
	for range 3 {
		defer leave(openFrom(s, ""))
	}
	leave(anonymous)
	leave(opensAgain(s, t, address))
}

// One person has so many connections, from wherever: a socket too many is closed so that the client comes
// back, and an event stream too many is refused. What is no stream is answered.
func TestConnectionsOfAPerson(t *testing.T) {
	s, ann := newLimited(t, "--max-connections-per-user", "2")
	bob, _ := s.Register("bob")
	again, _ := s.Login("ann", "correct horse battery")
	k, e := s.Dial(ann), followFrom(s, "198.51.100.1", again.AccessToken)
	k.Expect("connection_ack")
	s.Dial(again.AccessToken).WantClose(1013)
	s.Dial(ann).WantClose(1013)
	_, a := tryStream(s, "198.51.100.2", ann)
	wantDenied(t, "a third", a, 429, "LIMIT_REACHED", "CONNECTIONS")
	if response, a := sendFrom(s, "", ann, `{ me { id } }`, true); response == nil {
		t.Errorf("a query over an event stream: %d %s", a.Status, a.Body)
	}
	s.Must(nil, ann, `{ me { id } }`)
	s.Dial(bob).Expect("connection_ack")
	for _, leave := range []func(){func() { leave(k) }, e.leave} {
		leave()
		harness.Eventually(t, "a slot of the person", func() bool {
			k = s.Dial(ann)
			m, _ := k.Read()
			return m.Type == "connection_ack"
		})
	}
}

// What is wrong with an upgrade is said in the order of what is cheapest to find out.
func TestOrderOfRefusals(t *testing.T) {
	const address = "198.51.100.1"
	broken := []string{"Sec-WebSocket-Version", "12", "Sec-WebSocket-Key", "short", "Origin", "http://evil.example"}
	s, _ := newLimited(t, "--max-connections", "1", "--max-connections-per-address", "1", "--accept-rate", "1/1h")
	k := openFrom(s, address)
	wantDenied(t, "a full node", upgrade(s, address, broken...), 503, "SERVER_BUSY", "")
	leave(k)

	s, _ = newLimited(t, "--max-connections-per-address", "1", "--accept-rate", "1/1h")
	k = openFrom(s, address)
	leave(openFrom(s, ""))
	wantDenied(t, "a full address", upgrade(s, address, broken...), 429, "LIMIT_REACHED", "CONNECTIONS")
	leave(k)
	wantDenied(t, "too fast", upgrade(s, "", broken...), 503, "SERVER_BUSY", "")

	s, _ = newLimited(t, "--max-connections", "1")
	for i, want := range []int{http.StatusUpgradeRequired, http.StatusBadRequest, http.StatusForbidden} {
		for range 3 { // each gives its slot back
			if a := upgrade(s, address, broken[2*i:]...); a.Status != want {
				t.Errorf("%v: %d %s, want %d", broken[2*i:], a.Status, a.Body, want)
			}
		}
	}
	leave(openFrom(s, address))
}
