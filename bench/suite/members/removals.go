package members

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

const (
	removalNodes  = 3
	mostRemoved   = 24 // people in a round
	removalsApart = 50 * time.Millisecond
)

// Removals looks how long it takes from the call of removeMember until the last byte of the room has come over the last
// socket of that person, who has two on each of three nodes, while chats are sent: with NATS, and when NATS has died and
// nodes are told nothing of what others do.
func Removals(ctx context.Context, s *suite.Suite) error {
	b, err := s.NeedBacking(ctx)
	if err != nil {
		return err
	}
	nodes, err := startNodes(ctx, s)
	if err != nil {
		return err
	}
	const what = "removeMember until the last byte on the person's sockets on 3 nodes, "
	if err := measureRemovals(ctx, s, nodes, 100, what+"NATS"); err != nil {
		return err
	}
	if err := b.StopNATS(ctx); err != nil {
		return err
	}
	if err := measureRemovals(ctx, s, nodes, 2500, what+"NATS dead"); err != nil {
		return err
	}
	var errs []error
	for _, node := range nodes {
		errs = append(errs, node.Stop())
	}
	return errors.Join(errs...)
}

// startNodes starts nodes with a database of their own, and NATS.
func startNodes(ctx context.Context, s *suite.Suite) ([]*process.Process, error) {
	nats, err := s.Backing.StartNATS(ctx)
	if err != nil {
		return nil, err
	}
	url, err := s.Backing.Database(ctx, "removals", suite.SeedDatabase)
	if err != nil {
		return nil, err
	}
	nodes := make([]*process.Process, removalNodes)
	for i := range nodes {
		if nodes[i], err = s.Node(ctx, fmt.Sprint("removals", i), url, "PARLEY_NATS_URL="+nats); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// measureRemovals measures round by round; the first one warms up.
func measureRemovals(ctx context.Context, s *suite.Suite, nodes []*process.Process, most float64, what string) error {
	var medians, p99s, calls, chats []float64
	for round := range s.Rounds + 1 {
		t := &removalTimes{}
		if err := t.measure(ctx, s, nodes); err != nil {
			return err
		}
		if round > 0 {
			medians, p99s = append(medians, report.Millis(t.ends.Quantile(0.5))), append(p99s, report.Millis(t.ends.Quantile(0.99)))
			calls, chats = append(calls, report.Millis(t.calls.Quantile(0.5))), append(chats, report.Millis(t.chats.Quantile(0.99)))
		}
	}
	s.Report.Compare(what+": median, ms", medians)
	s.Report.Compare(what+": median of the call alone, ms", calls)
	s.Report.AtMost(most, what+": p99, ms", p99s)
	s.Report.Compare(what+": p99 / that of chats on the same sockets", report.Over(p99s, chats))
	return nil
}

// removalTimes are those of a round.
type removalTimes struct {
	calls report.Histogram // of removeMember
	ends  report.Histogram // from before the call until the last byte
	chats report.Histogram // from before a send until a socket had it
}

// measure makes a private room on one of the nodes, has people listen to it on all, and removes them there one after the
// other.
func (t *removalTimes) measure(ctx context.Context, s *suite.Suite, nodes []*process.Process) error {
	users, url := s.Backing.Users, nodes[0].URL
	owner := client.API{URL: url, Token: users[0].Token}
	var made struct{ CreateRoom struct{ ID string } }
	if err := owner.Ask(ctx, `mutation{createRoom(name:"removals",kind:PRIVATE){id}}`, nil, &made); err != nil {
		return err
	}
	room := made.CreateRoom.ID
	quiet, err := talk(ctx, url, users[0], room)
	if err != nil {
		return err
	}
	defer quiet()
	victims, err := listen(ctx, nodes, owner, room, users[1:min(len(users), mostRemoved+1)])
	if err == nil {
		err = t.remove(ctx, owner, room, victims)
	}
	if err == nil {
		err = t.await(ctx, victims)
	}
	closeVictims(victims)
	for _, v := range victims {
		for _, l := range v.listeners {
			t.chats.Merge(&l.chats)
			if n := l.late.Load(); n > 0 {
				s.Report.Faults.Add("somebody was given %d messages behind the end of their room", n)
			}
		}
	}
	return err
}

func (t *removalTimes) remove(ctx context.Context, owner client.API, room string, victims []*victim) error {
	for _, v := range victims {
		v.removed = time.Now()
		err := owner.Ask(ctx, `mutation($r:ID!,$u:ID!){removeMember(room:$r,user:$u)}`, map[string]any{"r": room, "u": v.user.ID}, &struct{}{})
		if err != nil {
			return fmt.Errorf("remove a member: %w", err)
		}
		t.calls.Record(time.Since(v.removed))
		if err := pause(ctx, removalsApart); err != nil {
			return err
		}
	}
	return nil
}

// await waits until all sockets have had their last byte, and some chats longer.
func (t *removalTimes) await(ctx context.Context, victims []*victim) error {
	for _, v := range victims {
		var last time.Time
		for _, l := range v.listeners {
			select {
			case at := <-l.ended:
				if at.After(last) {
					last = at
				}
			case err := <-l.failed:
				return fmt.Errorf("a socket of somebody who is removed: %w", err)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		t.ends.Record(last.Sub(v.removed))
	}
	return pause(ctx, 5*removalsApart)
}

// talk sends chats until quiet is called.
func talk(ctx context.Context, url string, by client.User, room string) (quiet func(), err error) {
	talker, err := load.NewSender(client.ParleyRoute(url), by, room, suite.TextSize)
	if err != nil {
		return nil, err
	}
	talker.Interval = removalsApart
	ctx, stop := context.WithCancel(ctx)
	talked := make(chan struct{})
	go func() { defer close(talked); load.SendAll(ctx, []*load.Sender{talker}, time.Hour) }()
	return func() { stop(); <-talked; talker.Conn.Close() }, nil
}
