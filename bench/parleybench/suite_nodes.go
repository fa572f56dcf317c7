package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A pair is two nodes on one database, each with a subscriber of the same room, and who sends to the first:
// so slowly that a chat is everywhere before the next comes.
type pair struct {
	nodes     [2]*process
	crowds    [2]*subscribers
	publisher *sender
	senders   []*sender // all there were
}

// pairTimes are those from before a send until it is delivered, ms, by node and round.
type pairTimes struct{ middles, tails [2][]float64 }

// nodes looks how long a send to one node takes to a subscriber there and to one of another node, when the other
// is woken by NATS, by nobody because NATS has died, and by Postgres.
func (s *suite) nodes(ctx context.Context) error {
	b, err := s.backed(ctx)
	if err != nil {
		return err
	}
	nats, err := b.startNATS(ctx)
	if err != nil {
		return err
	}
	p, err := s.pair(ctx, "nats", "PARLEY_NATS_URL="+nats)
	if err != nil {
		return err
	}
	const ratio = ": median time until the other node / the same node"
	err = s.measurePair(ctx, p, "nats", func(t *pairTimes) target {
		return target{"a send, woken by NATS" + ratio, atMost, 3, over(t.middles[1], t.middles[0])}
	})
	if err == nil {
		err = b.stopNATS(ctx)
	}
	if err == nil {
		err = s.measurePair(ctx, p, "nats_dead", func(t *pairTimes) target {
			return target{"a send, NATS dead: p99 until the other node, ms", atMost, 2500, t.tails[1]}
		})
	}
	if err := errors.Join(err, s.part(ctx, p)); err != nil {
		return err
	}
	if p, err = s.pair(ctx, "listen"); err != nil {
		return err
	}
	err = s.measurePair(ctx, p, "listen", func(t *pairTimes) target {
		return target{"a send, woken by Postgres" + ratio, unbound, 0, over(t.middles[1], t.middles[0])}
	})
	return errors.Join(err, s.part(ctx, p))
}

// pair starts two nodes.
func (s *suite) pair(ctx context.Context, name string, settings ...string) (*pair, error) {
	url, err := s.backing.database(ctx, name, seedDatabase)
	if err != nil {
		return nil, err
	}
	p := &pair{}
	for i := range p.nodes {
		if p.nodes[i], err = s.node(ctx, fmt.Sprint(name, i), url, settings...); err != nil {
			return nil, err
		}
	}
	return p, p.enter(ctx, s.backing.users)
}

// enter opens the streams and waits until both have the first chat.
func (p *pair) enter(ctx context.Context, users []user) (err error) {
	if p.crowds[0], err = newSubscribers(ctx, p.nodes[0].url, users, 1); err != nil {
		return err
	}
	first := p.crowds[0]
	p.crowds[1] = &subscribers{
		url: p.nodes[1].url, to: parleyRoute(p.nodes[1].url), owner: &api{p.nodes[1].url, users[0].token},
		users: users, rooms: first.rooms, documents: first.documents,
	}
	for _, c := range p.crowds {
		if err := c.open(ctx, 1); err != nil {
			return err
		}
	}
	if p.senders, err = first.sendFirst(ctx, textSize); err != nil {
		return err
	}
	p.crowds[1].await(ctx, newestOf(p.senders))
	if p.publisher, err = newSender(first.to, users[0], first.rooms[0].id, textSize); err != nil {
		return err
	}
	p.publisher.interval = 50 * time.Millisecond
	p.senders = append(p.senders, p.publisher)
	return nil
}

// measurePair measures round by round; the first one warms up.
func (s *suite) measurePair(ctx context.Context, p *pair, name string, judge func(*pairTimes) target) error {
	t := &pairTimes{}
	for round := range s.rounds + 1 {
		for _, c := range p.crowds {
			c.since()
		}
		sendAll(ctx, []*sender{p.publisher}, 2*s.round)
		for i, c := range p.crowds {
			c.await(ctx, newestOf(p.senders))
			given := c.since()
			if given.times.n == 0 {
				return fmt.Errorf("node %d delivered nothing: %v", i+1, p.publisher.codes)
			}
			if round > 0 {
				t.middles[i] = append(t.middles[i], millis(given.times.quantile(0.5)))
				t.tails[i] = append(t.tails[i], millis(given.times.quantile(0.99)))
			}
		}
	}
	for i, node := range []string{"same", "other"} {
		s.r.add("nodes_"+name+"_"+node+"_p50_ms", median(t.middles[i]))
		s.r.add("nodes_"+name+"_"+node+"_p99_ms", median(t.tails[i]))
	}
	s.r.targets = append(s.r.targets, judge(t))
	return nil
}

// part judges everything that was delivered and stops the nodes.
func (s *suite) part(ctx context.Context, p *pair) error {
	p.publisher.conn.close()
	_, codes := tally(p.senders)
	s.r.faults.merge(wrongCodes(codes))
	var errs []error
	for _, c := range p.crowds {
		faults, err := c.check(ctx, slices.Clone(p.senders))
		s.r.faults.merge(faults)
		errs = append(errs, err)
	}
	for _, node := range p.nodes {
		errs = append(errs, node.stop())
	}
	return errors.Join(errs...)
}
