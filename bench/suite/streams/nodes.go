package streams

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

// A pair is two nodes on one database, each with a subscriber of the same room, and who sends to the first:
// so slowly that a chat is everywhere before the next comes.
type pair struct {
	nodes       [2]*process.Process
	subscribers [2]*load.Subscribers
	publisher   *load.Sender
	senders     []*load.Sender // all there were
}

// pairTimes are those from before a send until it is delivered, ms, by node and round.
type pairTimes struct{ medians, p99s [2][]float64 }

// Nodes looks how long a send to one node takes to a subscriber there and to one of another node, when the other
// is woken by NATS, by nobody because NATS has died, and by Postgres.
func Nodes(ctx context.Context, s *suite.Suite) error {
	b, err := s.NeedBacking(ctx)
	if err != nil {
		return err
	}
	nats, err := b.StartNATS(ctx)
	if err != nil {
		return err
	}
	p, err := newPair(ctx, s, "nats", "PARLEY_NATS_URL="+nats)
	if err != nil {
		return err
	}
	if err := errors.Join(withNATS(ctx, s, p), finishPair(ctx, s, p)); err != nil {
		return err
	}
	if p, err = newPair(ctx, s, "listen"); err != nil {
		return err
	}
	err = measurePair(ctx, s, p, "listen", func(t *pairTimes) {
		s.Report.Compare("a send, woken by Postgres"+otherOverSame, report.Over(t.medians[1], t.medians[0]))
	})
	return errors.Join(err, finishPair(ctx, s, p))
}

const otherOverSame = ": median time until the other node / the same node"

// withNATS measures while NATS runs, and behind its end.
func withNATS(ctx context.Context, s *suite.Suite, p *pair) error {
	err := measurePair(ctx, s, p, "nats", func(t *pairTimes) {
		s.Report.AtMost(3, "a send, woken by NATS"+otherOverSame, report.Over(t.medians[1], t.medians[0]))
	})
	if err != nil {
		return err
	}
	if err := s.Backing.StopNATS(ctx); err != nil {
		return err
	}
	return measurePair(ctx, s, p, "nats_dead", func(t *pairTimes) {
		s.Report.AtMost(2500, "a send, NATS dead: p99 until the other node, ms", t.p99s[1])
	})
}

// newPair starts two nodes.
func newPair(ctx context.Context, s *suite.Suite, name string, settings ...string) (*pair, error) {
	url, err := s.Backing.Database(ctx, name, suite.SeedDatabase)
	if err != nil {
		return nil, err
	}
	p := &pair{}
	for i := range p.nodes {
		if p.nodes[i], err = s.Node(ctx, fmt.Sprint(name, i), url, settings...); err != nil {
			return nil, err
		}
	}
	return p, p.subscribe(ctx, s.Backing.Users)
}

// subscribe opens the streams and waits until both have the first chat.
func (p *pair) subscribe(ctx context.Context, users []client.User) (err error) {
	if p.subscribers[0], err = load.NewSubscribers(ctx, p.nodes[0].URL, users, 1); err != nil {
		return err
	}
	first := p.subscribers[0]
	p.subscribers[1] = &load.Subscribers{
		URL: p.nodes[1].URL, To: client.ParleyRoute(p.nodes[1].URL), Owner: &client.API{URL: p.nodes[1].URL, Token: users[0].Token},
		Users: users, Rooms: first.Rooms, Documents: first.Documents,
	}
	for _, c := range p.subscribers {
		if err := c.Open(ctx, 1); err != nil {
			return err
		}
	}
	if p.senders, err = first.SendFirst(ctx, suite.TextSize); err != nil {
		return err
	}
	p.subscribers[1].Await(ctx, load.NewestOf(p.senders))
	if p.publisher, err = load.NewSender(first.To, users[0], first.Rooms[0].ID, suite.TextSize); err != nil {
		return err
	}
	p.publisher.Interval = 50 * time.Millisecond
	p.senders = append(p.senders, p.publisher)
	return nil
}

// measurePair measures round by round; the first one warms up.
func measurePair(ctx context.Context, s *suite.Suite, p *pair, name string, add func(*pairTimes)) error {
	t := &pairTimes{}
	for round := range s.Rounds + 1 {
		for _, c := range p.subscribers {
			c.Since()
		}
		load.SendAll(ctx, []*load.Sender{p.publisher}, 2*s.Round)
		for i, c := range p.subscribers {
			c.Await(ctx, load.NewestOf(p.senders))
			given := c.Since()
			if given.Times.N == 0 {
				return fmt.Errorf("node %d delivered nothing: %v", i+1, p.publisher.Codes)
			}
			if round > 0 {
				t.medians[i] = append(t.medians[i], report.Millis(given.Times.Quantile(0.5)))
				t.p99s[i] = append(t.p99s[i], report.Millis(given.Times.Quantile(0.99)))
			}
		}
	}
	for i, node := range []string{"same", "other"} {
		s.Report.Add("nodes_"+name+"_"+node+"_p50_ms", report.Median(t.medians[i]))
		s.Report.Add("nodes_"+name+"_"+node+"_p99_ms", report.Median(t.p99s[i]))
	}
	add(t)
	return nil
}

// finishPair checks everything that was delivered and stops the nodes.
func finishPair(ctx context.Context, s *suite.Suite, p *pair) error {
	p.publisher.Conn.Close()
	_, codes := load.Tally(p.senders)
	s.Report.Faults.Merge(load.WrongCodes(codes))
	var errs []error
	for _, c := range p.subscribers {
		faults, err := c.Check(ctx, slices.Clone(p.senders))
		s.Report.Faults.Merge(faults)
		errs = append(errs, err)
	}
	for _, node := range p.nodes {
		errs = append(errs, node.Stop())
	}
	return errors.Join(errs...)
}
