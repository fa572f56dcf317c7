package load

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"parley/bench/client"
	"parley/bench/report"
)

// A subscriber holds one socket with one stream and checks what comes.
type subscriber struct {
	socket *client.Socket
	room   *Room
	check  *streamCheck
	at     atomic.Int64 // the check's last number, for those who wait
	ended  atomic.Bool  // nothing more comes
}

// Subscribe opens a socket for one user and starts the stream of a room.
func Subscribe(ctx context.Context, url string, by client.User, in *Room, document string) (*client.Socket, error) {
	s, err := client.Dial(ctx, net.Dialer{}, url, by.Token)
	if err != nil {
		return nil, err
	}
	if err := s.Subscribe(document, in.ID, in.Cursor); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// take checks what was read, as far as it is whole messages, and returns what pings there were.
func (s *subscriber) take(read []byte, now time.Time, to *deliveries) (pings [][]byte, err error) {
	all := read
	if len(s.socket.Unread) > 0 {
		all = append(s.socket.Unread, read...)
	}
	for {
		f, rest, err := client.CutFrame(all)
		if err != nil {
			return pings, err
		}
		if len(rest) == len(all) {
			s.socket.Unread = append(s.socket.Unread[:0:0], rest...)
			return pings, nil
		}
		all = rest
		switch f.Kind {
		case client.TextFrame:
			s.takeChat(f.Payload, now, to)
		case client.PingFrame:
			pings = append(pings, slices.Clone(f.Payload))
		case client.CloseFrame:
			return pings, client.ClosedBy(f.Payload)
		}
	}
}

// takeChat takes one message. The texts of a run have no character that JSON escapes. The keys lack their
// first quote: bytes.Index looks for the first byte first, and JSON is full of quotes.
func (s *subscriber) takeChat(message []byte, now time.Time, to *deliveries) {
	const key = `text":"`
	number, start := client.IntAfter(message, `number":`), bytes.Index(message, []byte(key))
	if number < 0 || start < 0 {
		s.check.faults.Add("%s: got %.200s", s.check.who, message)
		return
	}
	text := message[start+len(key):]
	text = text[:max(0, bytes.IndexByte(text, '"'))]
	s.check.take(number, text)
	if stamp := client.StampOf(text); stamp > 0 {
		to.Times.Record(now.Sub(client.Epoch) - stamp)
		to.Latest = now
	}
	s.at.Store(int64(s.check.last))
}

// fail notes that the stream has ended though nobody wanted that.
func (s *subscriber) fail(err error) {
	s.ended.Store(true)
	s.check.faults.Add("%s: the stream ended behind number %d: %v", s.check.who, s.check.last, err)
}

// deliveries are what was given, to many subscribers together.
type deliveries struct {
	Times  report.Histogram // of the chats that carried a time
	Latest time.Time        // of the last one
}

func (d *deliveries) merge(other *deliveries) {
	d.Times.Merge(&other.Times)
	if other.Latest.After(d.Latest) {
		d.Latest = other.Latest
	}
}

// who names a subscriber in a fault.
func who(i int, in *Room) string { return fmt.Sprintf("subscriber %d in room %s", i+1, in.ID) }
