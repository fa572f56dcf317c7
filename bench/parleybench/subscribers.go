package main

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/bench/report"
	"parley/bench/client"
)

const (
	socketsPerUser = 20 // what a server lets one person hold, unless it is told otherwise
	parallelDials  = 16 // sockets that are opened at once
	quietLimit     = 5 * time.Second
)

// subscribers are many, spread over users, rooms and documents.
type subscribers struct {
	url       string
	to        client.Route // how a chat is sent
	owner     *client.API  // who may read the rooms back; nil: nothing is stored
	users     []client.User
	rooms     []*room
	documents []string // what they subscribe to; the rooms are taken in turn first
	list      []*subscriber
	pollers   []*poller
	closing   atomic.Bool
}

// usersFor is how many users n sockets need.
func usersFor(n int) int { return (n + socketsPerUser - 1) / socketsPerUser }

// newSubscribers makes the rooms.
func newSubscribers(ctx context.Context, url string, users []client.User, rooms int) (*subscribers, error) {
	owner := &client.API{URL: url, Token: users[0].Token}
	ids, err := owner.CreateRooms(ctx, rooms)
	if err != nil {
		return nil, err
	}
	c := &subscribers{url: url, to: client.ParleyRoute(url), owner: owner, users: users, documents: []string{client.ChatSentDocument}}
	for _, id := range ids {
		cursor, err := owner.SyncCursor(ctx, id)
		if err != nil {
			return nil, err
		}
		c.rooms = append(c.rooms, &room{id: id, cursor: cursor, ledger: newLedger()})
	}
	return c, nil
}

// newRawSubscribers makes those of the bare broadcast, where a room is a name and streams start when they start.
func newRawSubscribers(url string, users []client.User, rooms int) *subscribers {
	c := &subscribers{url: url, to: client.RawRoute(url), users: users, documents: []string{client.ChatSentDocument}}
	for range rooms {
		c.rooms = append(c.rooms, &room{id: uuid.NewString(), ledger: newLedger()})
	}
	return c
}

func (c *subscribers) roomIDs() []string {
	ids := make([]string, len(c.rooms))
	for i, in := range c.rooms {
		ids[i] = in.id
	}
	return ids
}

// open opens n sockets; from then on they take what comes.
func (c *subscribers) open(ctx context.Context, n int) error {
	for range max(1, runtime.NumCPU()/2) { // the other half is the server's
		e, err := newPoller(&c.closing)
		if err != nil {
			return err
		}
		c.pollers = append(c.pollers, e)
	}
	c.list = make([]*subscriber, n)
	err := inParallel(ctx, n, c.openOne)
	for _, s := range c.list {
		if s != nil {
			s.room.subscribers = append(s.room.subscribers, s)
		}
	}
	return err
}

// inParallel does something for each of n, some at once, until one fails.
func inParallel(ctx context.Context, n int, do func(context.Context, int) error) error {
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
func (c *subscribers) openOne(ctx context.Context, i int) error {
	in, document := c.rooms[i%len(c.rooms)], c.documents[i/len(c.rooms)%len(c.documents)]
	s, err := subscribe(ctx, c.url, c.users[i%len(c.users)], in, document)
	if err == nil && in.cursor == "" {
		err = s.socket.Settle() // else a chat might be sent before the stream has started
	}
	if err != nil {
		return err
	}
	s.check = newStreamCheck(who(i, in), 0, in.ledger)
	c.list[i] = s
	return c.pollers[i%len(c.pollers)].add(s)
}

// close closes all sockets and waits for who reads them.
func (c *subscribers) close() {
	if c.closing.Swap(true) {
		return
	}
	for _, e := range c.pollers {
		e.close()
	}
}

// sendFirst sends one chat without a time into each room and waits until all have it: then everybody
// is live, and what follows is not catching up. It returns who sent them.
func (c *subscribers) sendFirst(ctx context.Context, size int) ([]*sender, error) {
	var first []*sender
	for _, id := range c.roomIDs() {
		s, err := newSender(c.to, c.users[0], id, size)
		if err != nil {
			return nil, err
		}
		s.unstamped = true
		err = fillRoom(s, 1)
		s.conn.Close()
		if err != nil {
			return nil, err
		}
		first = append(first, s)
	}
	c.await(ctx, newestOf(first))
	return first, nil
}

// await waits until every member has the newest number of its room, or nobody gets anything for
// a while; then check will say who lacks what.
func (c *subscribers) await(ctx context.Context, newest map[string]int) {
	had, since := int64(-1), time.Now()
	for ctx.Err() == nil && time.Since(since) < quietLimit {
		have := int64(0)
		complete := true
		for _, s := range c.list {
			at := s.at.Load()
			have += at
			complete = complete && at >= int64(newest[s.room.id])
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

// check closes the sockets and checks everything that was delivered.
func (c *subscribers) check(ctx context.Context, senders []*sender) (report.Problems, error) {
	stored, faults := answeredChats(senders)
	if c.owner != nil {
		var err error
		if stored, faults, err = readBack(ctx, *c.owner, senders); err != nil {
			return faults, err
		}
	}
	newest := map[string]int{}
	for room, chats := range stored {
		newest[room] = len(chats) // what was stored without an answer is delivered as well
	}
	c.await(ctx, newest)
	c.close()
	faults.Merge(c.compare(stored))
	return faults, nil
}

// compare compares what was delivered with what is stored. All sockets are closed.
func (c *subscribers) compare(stored map[string][]client.StoredChat) report.Problems {
	var p report.Problems
	for _, in := range c.rooms {
		for _, chat := range stored[in.id] {
			if c.owner != nil && !in.ledger.same(chat.Number, []byte(chat.Text)) {
				p.Add("room %s: number %d was delivered with another text than stored", in.id, chat.Number)
			}
		}
	}
	for _, s := range c.list {
		p.Merge(s.check.finish(len(stored[s.room.id])))
	}
	return p
}

// since adds up what all members were given since the last call.
func (c *subscribers) since() *deliveries {
	sum := &deliveries{}
	for _, e := range c.pollers {
		t := e.since()
		sum.merge(&t)
	}
	return sum
}
