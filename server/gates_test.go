package server

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"parley/server/settings"
)

// wantDenied wants a refusal of the gate: it says when to come again, in whole seconds and in milliseconds.
func wantDenied(t *testing.T, what string, a answer, status int, code, reason string) {
	t.Helper()
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	ms, _ := a.extension("retryAfterMs").(float64)
	got, _ := a.extension("reason").(string)
	if a.Status != status || a.code() != code || got != reason || a.extension("retryable") != true || a.extension("requestId") == "" ||
		err != nil || ms <= 0 || float64(seconds) < ms/1000 || float64(seconds) >= ms/1000+1 {
		t.Errorf("%s: %d %s, Retry-After %q; want %d %s %s", what, a.Status, a.Body, a.Header.Get("Retry-After"), status, code, reason)
	}
	if code != "RATE_LIMITED" && (seconds < 1 || seconds > 5) {
		t.Errorf("%s: Retry-After is %d, want 1 to 5", what, seconds)
	}
}

// opensAgain waits until a socket opens from an address.
func (s *testServer) opensAgain(t *testing.T, address string) (k *socket) {
	t.Helper()
	eventually(t, "a place that comes back", func() bool {
		k, _ = s.tryDial(address)
		return k != nil
	})
	return k
}

// newGate is a server behind a proxy, with ann in the room general.
func newGate(t *testing.T, flags ...string) (s *testServer, ann string) {
	t.Helper()
	s = newServer(t, append(flags, behindProxy)...)
	ann, _ = s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	return s, ann
}

// A full node takes no further socket and no further event stream, and goes on answering requests. The
// place comes back when a connection goes, whichever kind it is.
func TestFullNode(t *testing.T) {
	s, ann := newGate(t, "--max-connections", "2")
	k, e := s.openFrom(""), s.openStream("", ann)
	_, a := s.tryDial("")
	wantDenied(t, "a third socket", a, 503, "SERVER_BUSY", "")
	_, a = s.tryStream("", ann)
	wantDenied(t, "a third event stream", a, 503, "SERVER_BUSY", "")
	s.must(nil, ann, `{ me { id } }`)
	k.leave()
	defer s.opensAgain(t, "").leave()
	e.leave()
	defer s.opensAgain(t, "").leave()
}

// New connections come as fast as the rate says, both kinds together; requests are not concerned.
func TestConnectionsThatComeTooFast(t *testing.T) {
	s, ann := newGate(t, "--accept-rate", "1/1h")
	s.openFrom("").leave()
	s.openStream("", ann).leave()
	for range 3 {
		_, a := s.tryDial("")
		wantDenied(t, "a socket", a, 503, "SERVER_BUSY", "")
		_, a = s.tryStream("", ann)
		wantDenied(t, "an event stream", a, 503, "SERVER_BUSY", "")
	}
	s.must(nil, ann, `{ me { id } }`)
	off, _ := newGate(t, "--accept-rate", "0")
	for range 500 {
		off.openFrom("").leave()
	}
}

// Requests of one address are counted, whatever they are; an IPv6 network is one address, and loopback none.
func TestRequestsThatComeTooFast(t *testing.T) {
	s, ann := newGate(t, "--address-request-rate", "1/1h")
	for _, addresses := range [][]string{
		{"198.51.100.1"},
		{"198.51.100.2", "::ffff:198.51.100.2"},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::2"},
		{"2001:db8:1:3::1"},
	} {
		from := func(i int) string { return addresses[i%len(addresses)] }
		s.openStream(from(0), ann).leave()
		s.openFrom(from(1)).leave()
		for i := range 2 {
			if a := s.askFrom(from(i), ann, `{ me { id } }`); a.Status != 200 || a.code() != "" {
				t.Errorf("%s: %d %s", from(i), a.Status, a.Body)
			}
		}
		for i := range 2 {
			wantDenied(t, from(i), s.askFrom(from(i), ann, `{ me { id } }`), 429, "RATE_LIMITED", "")
			_, a := s.tryDial(from(i))
			wantDenied(t, "a socket from "+from(i), a, 429, "RATE_LIMITED", "")
			_, a = s.tryStream(from(i), ann)
			wantDenied(t, "an event stream from "+from(i), a, 429, "RATE_LIMITED", "")
		}
	}
	for range 20 {
		s.must(nil, ann, `{ me { id } }`)
	}
}

// Who waits as long as they are told is answered.
func TestRequestsPassInTime(t *testing.T) {
	s, ann := newGate(t, "--address-request-rate", "1/1s")
	var told answer
	for told.Status != 429 {
		told = s.askFrom("198.51.100.1", ann, `{ me { id } }`)
	}
	wantDenied(t, "too fast", told, 429, "RATE_LIMITED", "")
	wait, _ := told.extension("retryAfterMs").(float64)
	for passes := time.Now().Add(time.Duration(wait) * time.Millisecond); ; {
		sent := time.Now()
		if a := s.askFrom("198.51.100.1", ann, `{ me { id } }`); a.Status == 200 {
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
	s, ann := newGate(t, "--max-connections-per-address", "2")
	k, e := s.openFrom("2001:db8:1:2::1"), s.openStream("2001:db8:1:2::2", ann)
	_, a := s.tryDial("2001:db8:1:2::3")
	wantDenied(t, "a third socket", a, 429, "LIMIT_REACHED", "CONNECTIONS")
	_, a = s.tryStream("2001:db8:1:2::3", ann)
	wantDenied(t, "a third event stream", a, 429, "LIMIT_REACHED", "CONNECTIONS")
	s.openFrom("2001:db8:1:3::1").leave()
	for range 5 {
		defer s.openFrom("").leave()
	}
	if a := s.askFrom("2001:db8:1:2::3", ann, `{ me { id } }`); a.Status != 200 {
		t.Errorf("a query: %d %s", a.Status, a.Body)
	}
	k.leave()
	defer s.opensAgain(t, "2001:db8:1:2::1").leave()
	e.leave()
	defer s.opensAgain(t, "2001:db8:1:2::1").leave()
}

// Few sockets of an address may be unsigned: until a token comes, and for good when none does. Who signs in
// makes room. Event streams are not among them.
func TestUnsignedSocketsOfAnAddress(t *testing.T) {
	s, ann := newGate(t, "--max-unsigned-per-address", "1")
	const address = "198.51.100.1"
	denied := func(what string) {
		t.Helper()
		_, a := s.tryDial(address)
		wantDenied(t, what, a, 429, "LIMIT_REACHED", "CONNECTIONS")
	}
	k := s.openFrom(address)
	denied("a second socket")
	s.openStream(address, ann).leave()
	k.write(message{Type: "connection_init", Payload: []byte(`{"authorization":"` + ann + `"}`)})
	k.expect("connection_ack")
	anonymous := s.openFrom(address)
	denied("one signed in, one not")
	anonymous.write(message{Type: "connection_init"})
	anonymous.expect("connection_ack")
	denied("one signed in, one anonymous")
	k.leave() // that makes no room among the unsigned
	denied("one anonymous")
	for range 3 {
		defer s.openFrom("").leave()
	}
	anonymous.leave()
	s.opensAgain(t, address).leave()
}

// One person has so many connections, from wherever: a socket too many is closed so that the client comes
// back, and an event stream too many is refused. What is no stream is answered.
func TestConnectionsOfAPerson(t *testing.T) {
	s, ann := newGate(t, "--max-connections-per-user", "2")
	bob, _ := s.register("bob")
	again, _ := s.login("ann", "correct horse battery")
	k, e := s.dial(ann), s.openStream("198.51.100.1", again.AccessToken)
	k.expect("connection_ack")
	s.dial(again.AccessToken).wantClose(1013)
	s.dial(ann).wantClose(1013)
	_, a := s.tryStream("198.51.100.2", ann)
	wantDenied(t, "a third", a, 429, "LIMIT_REACHED", "CONNECTIONS")
	if response, a := s.sendFrom("", ann, `{ me { id } }`, true); response == nil {
		t.Errorf("a query over an event stream: %d %s", a.Status, a.Body)
	}
	s.must(nil, ann, `{ me { id } }`)
	s.dial(bob).expect("connection_ack")
	for _, leave := range []func(){k.leave, e.leave} {
		leave()
		eventually(t, "a place of the person", func() bool {
			k = s.dial(ann)
			m, _ := k.read()
			return m.Type == "connection_ack"
		})
	}
}

// What is wrong with an upgrade is said in the order of what is cheapest to find out.
func TestOrderOfRefusals(t *testing.T) {
	const address = "198.51.100.1"
	broken := []string{"Sec-WebSocket-Version", "12", "Sec-WebSocket-Key", "short", "Origin", "http://evil.example"}
	s, _ := newGate(t, "--max-connections", "1", "--max-connections-per-address", "1", "--accept-rate", "1/1h")
	k := s.openFrom(address)
	wantDenied(t, "a full node", s.upgrade(address, broken...), 503, "SERVER_BUSY", "")
	k.leave()

	s, _ = newGate(t, "--max-connections-per-address", "1", "--accept-rate", "1/1h")
	k = s.openFrom(address)
	s.openFrom("").leave()
	wantDenied(t, "a full address", s.upgrade(address, broken...), 429, "LIMIT_REACHED", "CONNECTIONS")
	k.leave()
	wantDenied(t, "too fast", s.upgrade("", broken...), 503, "SERVER_BUSY", "")

	s, _ = newGate(t, "--max-connections", "1")
	for i, want := range []int{http.StatusUpgradeRequired, http.StatusBadRequest, http.StatusForbidden} {
		for range 3 { // each gives its place back
			if a := s.upgrade(address, broken[2*i:]...); a.Status != want {
				t.Errorf("%v: %d %s, want %d", broken[2*i:], a.Status, a.Body, want)
			}
		}
	}
	s.openFrom(address).leave()
}

// Every limit of the gate is a setting, and counts cannot be 0.
func TestSettingsOfTheGate(t *testing.T) {
	c := config(t, dataDir(t), "--accept-rate", "0", "--address-request-rate", "0", "--ws-message-rate", "0")
	if off := (settings.Rate{}); c.AcceptRate != off || c.AddressRequestRate != off || c.WSMessageRate != off {
		t.Errorf("rates that are off: %+v", c)
	}
	c = config(t, dataDir(t))
	got := fmt.Sprint(c.MaxConnections, c.AcceptRate, c.AddressRequestRate, c.MaxConnectionsPerAddress, c.MaxUnsignedPerAddress,
		c.MaxConnectionsPerUser, c.WSMaxParallel, c.WSMessageRate, c.UserRoomStreams)
	if want := "10000 {200 1s} {50 1s} 200 20 20 8 {20 1s} 20"; got != want {
		t.Errorf("defaults: %s, want %s", got, want)
	}
	for _, name := range []string{"max-connections", "max-connections-per-address", "max-unsigned-per-address", "max-connections-per-user", "ws-max-parallel", "user-room-streams"} {
		if _, err := settings.Parse(new(settings.Config), []string{"--" + name + "=0"}, nil, nil); err == nil {
			t.Errorf("%s may be 0", name)
		}
	}
}
