package chat_test

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/db"
	"parley/db/dbtest"
	"parley/db/dbtest/lossyproxy"
)

// behindProxy is a world on a Postgres that is reached by a proxy; asked decides what becomes of what is
// sent to it.
func behindProxy(t *testing.T, asked func([]byte) lossyproxy.Then) *world {
	t.Helper()
	dbtest.SkipTwice(t)
	server, err := dbtest.NewServer(t.Context(), dbtest.InMemory)
	dbtest.Started(t, err)
	t.Cleanup(server.Remove)
	proxy, err := lossyproxy.New(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy.Asked = asked
	proxy.Serve()
	t.Cleanup(proxy.Close)
	return worldOn(t, db.Options{URL: proxy.URL("parley", "postgres")}, chat.Options{HeadsInterval: time.Hour})
}

// isCommit says that a client asks to commit, in the simple protocol of PostgreSQL.
func isCommit(b []byte) bool { return bytes.Contains(b, []byte("commit\x00")) }

// Every third commit is cut off, before it arrives or before its answer does. Each sender is answered with the
// one chat that there is, with an id of their own or without, and a reader is told of each once, though no notification
// was sent for the commits whose answer was lost.
func TestOutcomeIsResolved(t *testing.T) {
	var commits atomic.Int32
	var armed atomic.Bool
	w := behindProxy(t, func(b []byte) lossyproxy.Then {
		if !armed.Load() || !isCommit(b) {
			return lossyproxy.Pass
		}
		switch commits.Add(1) % 6 {
		case 0:
			return lossyproxy.Cut
		case 3:
			return lossyproxy.PassAndCut
		}
		return lossyproxy.Pass
	})
	ann := w.person("ann")
	w.room(ann, "general")
	s := w.follow(ann, "general", nil)
	armed.Store(true)
	const senders, each = 4, 12
	var all sync.WaitGroup
	var stored sync.Map
	for i := range senders {
		all.Go(func() {
			for n := range each {
				d := chat.Draft{Room: "general", Text: fmt.Sprint(i, "-", n)}
				if i%2 == 0 {
					d.ID = ptr(uuid.NewString())
				}
				c, err := w.Send(t.Context(), ann, d)
				if err != nil {
					t.Errorf("%s: %v", d.Text, err)
					continue
				}
				stored.Store(c.Number, d.Text)
			}
		})
	}
	all.Wait()
	for number := 1; number <= senders*each; number++ {
		c := s.next()
		if text, _ := stored.Load(number); c.Number != number || text != *c.Text {
			t.Fatalf("number %d, %q came, want %d, %q", c.Number, *c.Text, number, text)
		}
	}
	if commits.Load() < 6 {
		t.Fatalf("only %d commits, so none was cut off", commits.Load())
	}
}

// A send without an id of its sender's is found by the one that was made for it: it is stored once, and its sender has it.
func TestOutcomeOfASendWithoutAnIDIsResolved(t *testing.T) {
	var armed atomic.Bool
	w := behindProxy(t, func(b []byte) lossyproxy.Then {
		if isCommit(b) && armed.CompareAndSwap(true, false) {
			return lossyproxy.PassAndCut
		}
		return lossyproxy.Pass
	})
	ann := w.person("ann")
	w.room(ann, "general")
	armed.Store(true)
	c, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "once"})
	if err != nil || c.Number != 1 || armed.Load() {
		t.Errorf("got %v, %v; a commit was cut off: %v", c, err, !armed.Load())
	}
	if all := w.all(ann, "general"); len(all) != 1 || c != nil && all[0].ID != c.ID {
		t.Errorf("stored: %v", all)
	}
}

// While the database is away after a commit, nobody knows, and nobody is told otherwise. The same again tells.
func TestOutcomeStaysUnknownWhileTheDatabaseIsAway(t *testing.T) {
	var armed, away atomic.Bool
	w := behindProxy(t, func(b []byte) lossyproxy.Then {
		switch {
		case armed.Load() && isCommit(b):
			armed.Store(false)
			away.Store(true)
			return lossyproxy.PassAndCut
		case away.Load():
			return lossyproxy.Cut
		}
		return lossyproxy.Pass
	})
	ann := w.person("ann")
	w.room(ann, "general")
	armed.Store(true)
	d := chat.Draft{Room: "general", Text: "was it stored?", ID: ptr(uuid.NewString())}
	_, err := w.Send(t.Context(), ann, d)
	wantErr(t, err, db.ErrUnknownOutcome)
	away.Store(false)
	c, err := w.Send(t.Context(), ann, d)
	if err != nil || c.Number != 1 {
		t.Fatalf("got %v, %v, want the chat with number 1", c, err)
	}
}
