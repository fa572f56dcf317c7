package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	socketsPerUser = 20 // what a server lets one person hold (max_connections_per_user)
	dialling       = 16 // sockets that are opened at once
	stillness      = 5 * time.Second
)

// A crowd is many subscribers, spread over users and rooms.
type crowd struct {
	url       string
	users     []user
	rooms     []*room
	members   []*subscriber
	listening sync.WaitGroup
	closing   atomic.Bool
}

// A room is where streams start: at its beginning, before the first chat.
type room struct {
	id, cursor string
	ledger     *ledger
}

// peopleFor is how many users n sockets need.
func peopleFor(n int) int { return (n + socketsPerUser - 1) / socketsPerUser }

// newCrowd makes the rooms.
func newCrowd(ctx context.Context, url string, users []user, rooms int) (*crowd, error) {
	owner := api{url, users[0].token}
	ids, err := owner.createRooms(ctx, rooms)
	if err != nil {
		return nil, err
	}
	c := &crowd{url: url, users: users}
	for _, id := range ids {
		cursor, err := owner.syncCursor(ctx, id)
		if err != nil {
			return nil, err
		}
		c.rooms = append(c.rooms, &room{id, cursor, newLedger()})
	}
	return c, nil
}

func (c *crowd) roomIDs() []string {
	ids := make([]string, len(c.rooms))
	for i, in := range c.rooms {
		ids[i] = in.id
	}
	return ids
}

// open gives the crowd n sockets; from then on they take what comes.
func (c *crowd) open(ctx context.Context, n int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c.members = make([]*subscriber, n)
	var wg sync.WaitGroup
	for worker := range dialling {
		wg.Go(func() {
			for i := worker; i < n && ctx.Err() == nil; i += dialling {
				if err := c.admit(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// admit opens socket i.
func (c *crowd) admit(ctx context.Context, i int) error {
	people := c.users[:peopleFor(len(c.members))]
	in := c.rooms[i%len(c.rooms)]
	s, err := subscribe(ctx, c.url, people[i%len(people)], in)
	if err != nil {
		return err
	}
	s.order = newOrder(fmt.Sprintf("subscriber %d in room %s", i+1, in.id), 0, in.ledger)
	c.members[i] = s
	c.listening.Go(func() { s.run(&c.closing) })
	return nil
}

// hangUp closes all sockets and waits for their goroutines.
func (c *crowd) hangUp() {
	c.closing.Store(true)
	for _, s := range c.members {
		if s != nil {
			s.socket.close()
		}
	}
	c.listening.Wait()
}

// greet sends one chat without a time into each room and waits until all have it: then everybody
// is live, and what follows is not catching up. It answers who sent them.
func (c *crowd) greet(ctx context.Context, size int) ([]*sender, error) {
	var greeters []*sender
	newest := map[string]int{}
	for _, id := range c.roomIDs() {
		s, err := newSender(parleyRoute(c.url), c.users[0], id, size)
		if err != nil {
			return nil, err
		}
		s.unstamped = true
		err = fillRoom(s, 1)
		s.conn.close()
		if err != nil {
			return nil, err
		}
		greeters = append(greeters, s)
		newest[id] = 1
	}
	c.await(ctx, newest)
	return greeters, nil
}

// await waits until every member has the newest number of its room, or nobody gets anything for
// a while; then judge will say who lacks what.
func (c *crowd) await(ctx context.Context, newest map[string]int) {
	had, since := int64(-1), time.Now()
	for ctx.Err() == nil && time.Since(since) < stillness {
		have := int64(0)
		complete := true
		for _, s := range c.members {
			at := s.at.Load()
			have += at
			complete = complete && at >= int64(newest[s.room])
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

// judge holds what was delivered against what is stored. The crowd has hung up.
func (c *crowd) judge(stored map[string][]storedChat) problems {
	var p problems
	for _, in := range c.rooms {
		for _, chat := range stored[in.id] {
			if !in.ledger.same(chat.Number, []byte(chat.Text)) {
				p.add("room %s: number %d was delivered with another text than stored", in.id, chat.Number)
			}
		}
	}
	for _, s := range c.members {
		p.merge(s.order.finish(len(stored[s.room])))
	}
	return p
}

// tally adds up all members' times. It answers the time of the last delivery too. The crowd has
// hung up.
func (c *crowd) tally() (*histogram, time.Time) {
	times := &histogram{}
	latest := make([]time.Time, 0, len(c.members))
	for _, s := range c.members {
		times.merge(&s.times)
		latest = append(latest, s.latest)
	}
	return times, slices.MaxFunc(latest, time.Time.Compare)
}
