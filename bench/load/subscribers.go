package load

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/bench/client"
	"parley/bench/report"
)

const (
	socketsPerUser = 20 // what a server lets one person hold, unless it is told otherwise
	parallelDials  = 16 // sockets that are opened at once
	quietLimit     = 5 * time.Second
)

// Subscribers are many, spread over users, rooms and documents.
type Subscribers struct {
	URL       string
	To        client.Route // how a chat is sent
	Owner     *client.API  // who may read the rooms back; nil: nothing is stored
	Users     []client.User
	Rooms     []*Room
	Documents []string // what they subscribe to; the rooms are taken in turn first
	list      []*subscriber
	pollers   []*poller
	closing   atomic.Bool
}

// UsersFor is how many users n sockets need.
func UsersFor(n int) int { return (n + socketsPerUser - 1) / socketsPerUser }

// NewSubscribers makes the rooms.
func NewSubscribers(ctx context.Context, url string, users []client.User, rooms int) (*Subscribers, error) {
	owner := &client.API{URL: url, Token: users[0].Token}
	ids, err := owner.CreateRooms(ctx, rooms)
	if err != nil {
		return nil, err
	}
	c := &Subscribers{URL: url, To: client.ParleyRoute(url), Owner: owner, Users: users, Documents: []string{client.ChatSentDocument}}
	for _, id := range ids {
		cursor, err := owner.SyncCursor(ctx, id)
		if err != nil {
			return nil, err
		}
		c.Rooms = append(c.Rooms, &Room{ID: id, Cursor: cursor, ledger: newLedger()})
	}
	return c, nil
}

// NewRawSubscribers makes those of the bare broadcast, where a room is a name and streams start when they start.
func NewRawSubscribers(url string, users []client.User, rooms int) *Subscribers {
	c := &Subscribers{URL: url, To: client.RawRoute(url), Users: users, Documents: []string{client.ChatSentDocument}}
	for range rooms {
		c.Rooms = append(c.Rooms, &Room{ID: uuid.NewString(), ledger: newLedger()})
	}
	return c
}

// RoomIDs are the ids of their rooms.
func (c *Subscribers) RoomIDs() []string {
	ids := make([]string, len(c.Rooms))
	for i, in := range c.Rooms {
		ids[i] = in.ID
	}
	return ids
}

// Open opens n sockets; from then on they take what comes.
func (c *Subscribers) Open(ctx context.Context, n int) error {
	for range max(1, runtime.NumCPU()/2) { // the other half is the server's
		e, err := newPoller(&c.closing)
		if err != nil {
			return err
		}
		c.pollers = append(c.pollers, e)
	}
	c.list = make([]*subscriber, n)
	err := InParallel(ctx, n, c.openOne)
	for _, s := range c.list {
		if s != nil {
			s.room.subscribers = append(s.room.subscribers, s)
		}
	}
	return err
}

// InParallel does something for each of n, some at once, until one fails.
func InParallel(ctx context.Context, n int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for worker := range parallelDials {
		wg.Go(func() {
			for i := worker; i < n && ctx.Err() == nil; i += parallelDials {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// openOne opens socket i.
func (c *Subscribers) openOne(ctx context.Context, i int) error {
	in, document := c.Rooms[i%len(c.Rooms)], c.Documents[i/len(c.Rooms)%len(c.Documents)]
	socket, err := Subscribe(ctx, c.URL, c.Users[i%len(c.Users)], in, document)
	if err == nil && in.Cursor == "" {
		err = socket.Sync() // else a chat might be sent before the stream has started
	}
	if err != nil {
		return err
	}
	s := &subscriber{socket: socket, room: in, check: newStreamCheck(who(i, in), 0, in.ledger)}
	c.list[i] = s
	return c.pollers[i%len(c.pollers)].add(s)
}

// Close closes all sockets and waits for who reads them.
func (c *Subscribers) Close() {
	if c.closing.Swap(true) {
		return
	}
	for _, e := range c.pollers {
		e.close()
	}
}

// SendFirst sends one chat without a time into each room and waits until all have it: then everybody
// is live, and what follows is not catching up. It returns who sent them.
func (c *Subscribers) SendFirst(ctx context.Context, size int) ([]*Sender, error) {
	var first []*Sender
	for _, id := range c.RoomIDs() {
		s, err := NewSender(c.To, c.Users[0], id, size)
		if err != nil {
			return nil, err
		}
		s.Unstamped = true
		err = Fill(s, 1)
		s.Conn.Close()
		if err != nil {
			return nil, err
		}
		first = append(first, s)
	}
	c.Await(ctx, NewestOf(first))
	return first, nil
}

// Await waits until every subscriber has the newest number of its room, or nobody gets anything for
// a while; then check will say who lacks what.
func (c *Subscribers) Await(ctx context.Context, newest map[string]int) {
	had, since := int64(-1), time.Now()
	for ctx.Err() == nil && time.Since(since) < quietLimit {
		have := int64(0)
		complete := true
		for _, s := range c.list {
			at := s.at.Load()
			have += at
			complete = complete && (at >= int64(newest[s.room.ID]) || s.ended.Load())
		}
		if complete {
			return
		}
		if have != had {
			had, since = have, time.Now()
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// Check closes the sockets and checks everything that was delivered.
func (c *Subscribers) Check(ctx context.Context, senders []*Sender) (report.Problems, error) {
	stored, faults := AnsweredChats(senders)
	if c.Owner != nil {
		var err error
		if stored, faults, err = ReadBack(ctx, *c.Owner, senders); err != nil {
			return faults, err
		}
	}
	newest := map[string]int{}
	for room, chats := range stored {
		newest[room] = len(chats) // what was stored without an answer is delivered as well
	}
	c.Await(ctx, newest)
	c.Close()
	faults.Merge(c.compare(stored))
	return faults, nil
}

// compare compares what was delivered with what is stored. All sockets are closed.
func (c *Subscribers) compare(stored map[string][]client.StoredChat) report.Problems {
	var p report.Problems
	for _, in := range c.Rooms {
		for _, chat := range stored[in.ID] {
			if c.Owner != nil && !in.ledger.same(chat.Number, []byte(chat.Text)) {
				p.Add("room %s: number %d was delivered with another text than stored", in.ID, chat.Number)
			}
		}
	}
	for _, s := range c.list {
		p.Merge(s.check.finish(len(stored[s.room.ID])))
	}
	return p
}

// Since adds up what all members were given since the last call.
func (c *Subscribers) Since() *deliveries {
	sum := &deliveries{}
	for _, e := range c.pollers {
		t := e.since()
		sum.merge(&t)
	}
	return sum
}
