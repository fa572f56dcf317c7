package passwords

import (
	"encoding/json"
	"strconv"
	"sync"
	"testing"

	"parley/e2e/harness"
)

// all sends operations at once over one socket, each under an id of its own, and returns what comes of
// them; none is a stream, and no stream of the socket has anything to say meanwhile.
func all(k *harness.Socket, n int, document string, variables any) []harness.Answer {
	k.T.Helper()
	for i := range n {
		k.Subscribe(strconv.Itoa(i), document, variables)
	}
	answers, left := make([]harness.Answer, n), n
	for left > 0 {
		m, code := k.Read()
		i, err := strconv.Atoi(m.ID)
		switch {
		case code != 0 || err != nil:
			k.T.Fatalf("close code %d, %s for %q", code, m.Type, m.ID)
		case m.Type == "next":
			answers[i].Body = string(m.Payload)
			if err := json.Unmarshal(m.Payload, &answers[i]); err != nil {
				k.T.Fatal(err)
			}
		case m.Type == "complete":
			left--
		default:
			k.T.Fatalf("%s %s", m.Type, m.Payload)
		}
	}
	return answers
}

// loginsAtOnce signs in fifty times at once, half over HTTP and half over a socket, and counts the codes.
func loginsAtOnce(s *harness.Server, k *harness.Socket, password string) map[string]int {
	answers := make([]harness.Answer, 25)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { _, answers[i] = s.Login("ann", password) })
	}
	overSocket := all(k, 25, harness.LoginDocument, map[string]any{"u": "ann", "p": password})
	wg.Wait()
	codes := map[string]int{}
	for _, a := range append(answers, overSocket...) {
		if len(a.Errors) > 1 {
			s.T.Errorf("got %s", a.Body)
		}
		codes[a.Code()]++
	}
	return codes
}

// Fifty right passwords at once are no guesses, however few of those there are: whoever found the server
// busy gets in later. Of fifty wrong ones at most so many are looked at, and after them no right one is.
func TestParallelLoginsAreNoWayToGuess(t *testing.T) {
	for attempts, most := range map[string]int{"10/15m": 10, "1/1h": 1} {
		t.Run(attempts, func(t *testing.T) {
			s := harness.New(t, "--operation-timeout", "60s", "--login-attempts", attempts)
			s.Register("ann")
			wantNoMoreGuesses(s, most)
		})
	}
}

func wantNoMoreGuesses(s *harness.Server, most int) {
	t := s.T
	t.Helper()
	k := s.Dial("")
	k.Expect("connection_ack")
	right := loginsAtOnce(s, k, "correct horse battery")
	if right[""] == 0 || right[""]+right["SERVER_BUSY"] != 50 {
		t.Errorf("fifty right passwords: %v", right)
	}
	for range right["SERVER_BUSY"] {
		s.SignIn("ann", "correct horse battery")
	}
	wrong := map[string]int{}
	for wrong["RATE_LIMITED"] == 0 { // where the server is slow, all of them may end as busy alone
		for code, n := range loginsAtOnce(s, k, "wrong horse battery") {
			wrong[code] += n
		}
	}
	guessed := wrong["INVALID_CREDENTIALS"]
	if sum := guessed + wrong["RATE_LIMITED"] + wrong["SERVER_BUSY"]; guessed > most || guessed == 0 || sum%50 != 0 {
		t.Errorf("wrong passwords: %v", wrong)
	}
	if _, a := s.Login("ann", "correct horse battery"); a.Code() != "RATE_LIMITED" {
		t.Errorf("a right one after them: %s", a.Body)
	}
}

// Two hundred sign-ins at once are more than may wait for a hash: the surplus is told to come back, and
// whoever asks for something else meanwhile is answered.
func TestManyLoginsAtOnce(t *testing.T) {
	s := harness.New(t, "--login-attempts", "0", "--hash-parallel", "1", "--operation-timeout", "60s")
	token, _ := s.Register("ann")
	answers := make([]harness.Answer, 200)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { _, answers[i] = s.Login("ann", "wrong horse battery") })
	}
	all := make(chan struct{})
	go func() { defer close(all); wg.Wait() }()
	meanwhile := 0
	for running := true; running; {
		s.Must(nil, token, `{ me { username } }`)
		select {
		case <-all:
			running = false
		default:
			meanwhile++
		}
	}
	codes := map[string]int{}
	for _, a := range answers {
		codes[a.Code()]++
		if a.Code() == "SERVER_BUSY" && (a.Extension("retryAfterMs") != 1000.0 || a.Extension("retryable") != true) {
			t.Errorf("got %s", a.Body)
		}
	}
	// One hashes and 64 wait. More can get in only while the others are still on their way here.
	if codes["INVALID_CREDENTIALS"] == 0 || codes["SERVER_BUSY"] == 0 || codes["INVALID_CREDENTIALS"]+codes["SERVER_BUSY"] != 200 {
		t.Errorf("got %v", codes)
	}
	if meanwhile < 10 {
		t.Errorf("%d others were answered meanwhile", meanwhile)
	}
}
