package load

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/bench/client"
)

// message is what a server sends of a chat, as a frame.
func message(number int) []byte {
	text := fmt.Sprintf("%019d ann%s", number, strings.Repeat(".", 77))
	payload := fmt.Appendf(nil, `{"id":"1","type":"next","payload":{"data":{"chatSent":{"number":%d,"text":%q}}}}`, number, text)
	return append([]byte{0x81, 126, byte(len(payload) >> 8), byte(len(payload))}, payload...)
}

func newSubscriber() *subscriber {
	in := &Room{ID: "r", ledger: newLedger()}
	return &subscriber{socket: &client.Socket{}, room: in, check: newStreamCheck("sub", 0, in.ledger)}
}

// TestStreamIsCutAnywhere feeds three chats, with a ping between them, in pieces of every size.
func TestStreamIsCutAnywhere(t *testing.T) {
	ping := []byte{0x89, 2, 'h', 'i'}
	stream := bytes.Join([][]byte{message(1), ping, message(2), message(3)}, nil)
	for size := 1; size <= len(stream); size++ {
		s, to, pinged := newSubscriber(), &deliveries{}, 0
		for at := 0; at < len(stream); at += size {
			pings, err := s.take(bytes.Clone(stream[at:min(at+size, len(stream))]), time.Now(), to)
			if err != nil {
				t.Fatalf("pieces of %d: %v", size, err)
			}
			for _, p := range pings {
				if string(p) == "hi" {
					pinged++
				}
			}
		}
		wantProblems(t, s.check.finish(3), nil)
		if to.Times.N != 3 || pinged != 1 || s.at.Load() != 3 {
			t.Fatalf("pieces of %d: %d times, %d pings, at %d", size, to.Times.N, pinged, s.at.Load())
		}
	}
}

// TestFramesAreRefused names what no server here has a reason to send.
func TestFramesAreRefused(t *testing.T) {
	for want, bytes := range map[string][]byte{
		"a piece of a message":           {0x01, 1, 'x'},
		"compressed":                     {0xc1, 1, 'x'},
		"masked":                         {0x81, 0x81, 0, 0, 0, 0, 'x'},
		"a frame of 4294967296":          {0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0},
		`with 1013 "come back"`:          append([]byte{0x88, 11, 1013 >> 8, 1013 & 0xff}, "come back"...),
		"closed by the server with 1005": {0x88, 0},
	} {
		if _, err := newSubscriber().take(bytes, time.Now(), &deliveries{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%x: %v, want %q", bytes, err, want)
		}
	}
}

// TestWrongMessagesAreFaults has a server say something else than a chat.
func TestWrongMessagesAreFaults(t *testing.T) {
	s := newSubscriber()
	text := `{"id":"1","type":"complete"}`
	if _, err := s.take(append([]byte{0x81, byte(len(text))}, text...), time.Now(), &deliveries{}); err != nil {
		t.Fatal(err)
	}
	wantProblems(t, s.check.finish(0), []string{"got " + text})
}

// TestTakingAllocatesNothing keeps a subscriber cheaper than what it measures.
func TestTakingAllocatesNothing(t *testing.T) {
	s, to, number := newSubscriber(), &deliveries{}, 0
	batches := make([][]byte, 102)
	for i := range batches {
		for range 50 {
			number++
			batches[i] = append(batches[i], message(number)...)
		}
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := s.take(batches[0], time.Now(), to); err != nil {
			t.Fatal(err)
		}
		batches = batches[1:]
	}); n > 1 { // the ledger grows
		t.Errorf("%v allocations", n)
	}
	wantProblems(t, s.check.finish(101*50), nil)
}

func BenchmarkTake(b *testing.B) {
	batch := []byte{}
	for n := range 50 {
		batch = append(batch, message(n+1)...)
	}
	s, to := newSubscriber(), &deliveries{}
	b.ReportAllocs()
	for b.Loop() {
		s.check.last = 0
		if _, err := s.take(batch, client.Epoch, to); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/50, "ns/delivery")
}
