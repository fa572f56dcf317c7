package main

import (
	"context"
	"fmt"
	"net"
	"time"
)

const (
	stuffing     = 40   // chats that fill a socket up
	stuffingSize = 4000 // bytes of each: together more than any buffer on the way
)

// stalled has 20 chats a second sent to a room, now with subscribers that all read, now with twice as many
// that never do beside them.
func (s *suite) stalled(ctx context.Context) error {
	st := stage{name: "stalled", subscribers: s.subscribers, rooms: 1, publishers: 1, rate: 20, round: 2 * s.round}
	r, err := s.enter(ctx, parley, st)
	if err != nil {
		return fmt.Errorf("stalled: %w", err)
	}
	defer r.crowd.close()
	defer closeAll(r.publishers)
	start, err := rssOf(r.process.pid())
	if err != nil {
		return err
	}
	var sizes []float64
	alone := &rival{process: r.process, crowd: r.crowd, publishers: r.publishers}
	for round := range s.rounds + 1 {
		if err := alone.measure(ctx, st.round, round > 0); err != nil {
			return fmt.Errorf("stalled: %w", err)
		}
		peak, err := s.besideStalled(ctx, r, st, round > 0)
		if err != nil {
			return fmt.Errorf("stalled: %w", err)
		}
		if round > 0 {
			sizes = append(sizes, float64(peak-start)/float64(2*st.subscribers))
		}
	}
	s.r.add("stalled_alone_delivery_p99_ms", median(alone.tails))
	if err := s.conclude(ctx, "stalled_beside", r); err != nil {
		return err
	}
	s.r.targets = append(s.r.targets,
		target{fmt.Sprintf("%d subscribers beside %d that never read: p99 / alone", st.subscribers, 2*st.subscribers), atMost, 1.1, over(r.tails, alone.tails)},
		target{fmt.Sprintf("%d subscribers that never read: memory each, KiB", 2*st.subscribers), atMost, 128, sizes})
	return nil
}

// besideStalled measures while there are subscribers that do not read, and answers the most memory that
// the server had meanwhile, in KiB.
func (s *suite) besideStalled(ctx context.Context, r *rival, st stage, keep bool) (int, error) {
	if err := forgetPeak(r.process.pid()); err != nil {
		return 0, err
	}
	sleepers, err := s.sleepers(ctx, r, 2*st.subscribers)
	defer func() {
		for _, one := range sleepers {
			if one != nil {
				one.close()
			}
		}
	}()
	if err != nil {
		return 0, err
	}
	if err := s.stuff(ctx, r); err != nil {
		return 0, err
	}
	if err := r.measure(ctx, st.round, keep); err != nil {
		return 0, err
	}
	return peakOf(r.process.pid())
}

// sleepers opens sockets that subscribe to what comes from now on and never read again.
func (s *suite) sleepers(ctx context.Context, r *rival, n int) ([]*socket, error) {
	in := r.crowd.rooms[0]
	cursor, err := r.crowd.owner.syncCursor(ctx, in.id)
	if err != nil {
		return nil, err
	}
	all := make([]*socket, n)
	err = inParallel(ctx, n, func(ctx context.Context, i int) error {
		one, err := dial(ctx, net.Dialer{Control: smallBuffers}, r.process.url, s.users[i%len(s.users)].token)
		if err != nil {
			return err
		}
		all[i] = one
		if err := one.subscribe(chatSentDocument, in.id, cursor); err != nil {
			return err
		}
		return one.settle()
	})
	return all, err
}

// stuff sends chats until the sockets of those who do not read are full.
func (s *suite) stuff(ctx context.Context, r *rival) error {
	p, err := newSender(r.crowd.to, s.users[0], r.crowd.rooms[0].id, stuffingSize)
	if err != nil {
		return err
	}
	p.unstamped = true
	defer p.conn.close()
	r.first = append(r.first, p)
	if err := fillRoom(p, stuffing); err != nil {
		return err
	}
	r.crowd.await(ctx, newestOf([]*sender{p}))
	select {
	case <-time.After(s.round / 3): // so that it is over before anything is measured
	case <-ctx.Done():
	}
	return ctx.Err()
}
