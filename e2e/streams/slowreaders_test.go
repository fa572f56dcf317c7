package streams

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/frames"
	"parley/rounds"
)

// A client that reads nothing is gone soon after the time for a write: what it reads after all is the
// beginning, whole, and then 1013 or the end of the connection. Somebody who reads gets everything meanwhile.
func TestReaderThatNeverReadsIsClosed(t *testing.T) {
	dbtest.SkipOnPostgres(t, "who reads nothing is closed by its socket, and the test runs under the race detector there")
	for name, follow := range slowTransports {
		t.Run(name, func(t *testing.T) {
			s, token, start := harness.General(t, "--write-timeout", "5s")
			never, reads := follow(s, token, start, nil), follow(s, token, start, nil)
			heard := make(chan struct{})
			go func() { defer close(heard); reads.read(1, 320) }()
			flood(s, token, 320, 40_000) // more than two kernels keep for one connection
			<-heard
			harness.Eventually(t, "the end of the connection", func() bool { return !frames.IsOpen(s, never.conn) })
			read, err := never.rest(1)
			if cut := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || err.Error() == "closed with 1013"; !cut || read >= 320 {
				t.Errorf("%d chats and then %v", read, err)
			}
			if !frames.IsOpen(s, reads.conn) {
				t.Error("the other is gone too")
			}
		})
	}
}

// A socket that has stalled is not cut at once: a client that wakes up soon reads what was on its way, whole,
// and then 1013.
func TestReaderThatWakesReads1013(t *testing.T) {
	dbtest.SkipOnPostgres(t, "who reads nothing is closed by its socket, and the test runs under the race detector there")
	const write = time.Second
	s, token, start := harness.General(t, "--write-timeout", write.String())
	for try := 1; ; try++ { // on a busy machine bytes move in the kernel long after the server wrote them, or it is slow to write
		sleeps := slowTransports["WebSocket"](s, token, start, nil)
		flood(s, token, 160, 40_000)
		since := blocked(s, sleeps.conn, 2*write) // the sweeper may need one of them
		if !frames.IsOpen(s, sleeps.conn) && try < 4 {
			continue
		}
		read, err := sleeps.rest(1)
		if err != nil && err.Error() == "closed with 1013" && read < 160*try {
			return
		}
		if try == 4 {
			t.Fatalf("%d chats, then %v, %v after the last byte", read, err, time.Since(since))
		}
	}
}

// One byte at a time is slow, and each byte is a sign of life.
func TestReaderOfSingleBytesLives(t *testing.T) {
	if harness.RaceEnabled {
		t.Skip("the race detector makes a byte so slow that the kernel lets nothing in for longer than the timeout; the tests on Postgres run without it")
	}
	// The kernel of a slow reader lets new bytes in only when a sixteenth of its buffer is free: here after a second, and after
	// several where others use the processors.
	const write = 12 * time.Second
	s, token, start := harness.General(t, "--write-timeout", write.String())
	var read sync.WaitGroup
	var sends []chan int
	for _, follow := range slowTransports { // both at once
		slow, sent := follow(s, token, start, func(r io.Reader) io.Reader { return singleBytes{r} }), make(chan int)
		sends = append(sends, sent)
		read.Go(func() {
			at := 0
			for to := range sent {
				slow.read(at+1, to)
				at = to
			}
		})
	}
	sent := 0
	for begun := time.Now(); time.Since(begun) < write+write/4; { // however fast this machine reads
		flood(s, token, 160, 40_000)
		sent += 160
		for _, to := range sends {
			to <- sent
		}
	}
	for _, to := range sends {
		close(to)
	}
	read.Wait()
}

type singleBytes struct{ r io.Reader }

func (s singleBytes) Read(b []byte) (int, error) { return s.r.Read(b[:1]) }

// Who stops reading and goes on in time, many chats later, gets them all once, and those to come.
func TestReaderThatPausesLosesNothing(t *testing.T) {
	chats := rounds.Of(t, 1000, 4000)
	bytes := 16_000_000 / chats // together more than two kernels keep
	for name, follow := range slowTransports {
		t.Run(name, func(t *testing.T) {
			s, token, start := harness.General(t, "--write-timeout", "10m")
			pauses, other := follow(s, token, start, nil), follow(s, token, start, nil)
			flood(s, token, 10, bytes)
			pauses.read(1, 10)
			heard := make(chan struct{})
			go func() { defer close(heard); other.read(1, 10+chats) }()
			flood(s, token, chats, bytes)
			<-heard // while the other one stood still
			pauses.read(11, 10+chats)
			flood(s, token, 1, bytes)
			pauses.read(11+chats, 11+chats)
			other.read(11+chats, 11+chats)
		})
	}
}

// A hundred clients stop reading their event streams, and hang up when the server has long been waiting
// for them. It lives, others get their chats, and nothing is left of them.
func TestHundredReadersThatHangUp(t *testing.T) {
	dbtest.SkipOnPostgres(t, "who reads nothing is closed by its socket, and the test runs under the race detector there")
	for name, follow := range slowTransports {
		t.Run(name, func(t *testing.T) {
			s, token, start := harness.General(t, "--write-timeout", "5s")
			var tokens []string
			for i := range 10 {
				token, _ := s.Register(fmt.Sprint("reader", i))
				tokens = append(tokens, token)
			}
			var stuck []*slowClient
			for i := range 100 {
				stuck = append(stuck, follow(s, tokens[i/10], start, nil))
			}
			flood(s, token, 160, 40_000)
			for i, c := range stuck {
				if i%2 == 0 {
					_ = c.conn.SetLinger(0) // a reset, and not a good-bye
				}
				_ = c.conn.Close()
			}
			reads := follow(s, token, start, nil)
			reads.read(1, 160)
			flood(s, token, 1, 100)
			reads.read(161, 161)
			_ = reads.conn.Close()
		}) // New wants no goroutine left
	}
}
