package streams

import (
	"context"
	"fmt"
	"net"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

const (
	fillingChats = 40   // chats that fill a socket up
	fillingSize  = 4000 // bytes of each: together more than any buffer on the way
)

// Stalled has 20 chats a second sent to a room, now with subscribers that all read, now with twice as many
// that never do beside them.
func Stalled(ctx context.Context, s *suite.Suite) error {
	st := scenario{name: "stalled", subscribers: s.Subscribers, rooms: 1, publishers: 1, rate: 20, round: 2 * s.Round}
	r, err := open(ctx, s, suite.Parley, st)
	if err != nil {
		return fmt.Errorf("stalled: %w", err)
	}
	defer r.subscribers.Close()
	defer load.CloseAll(r.publishers)
	start, err := process.RSSOf(r.process.PID())
	if err != nil {
		return err
	}
	alone := r.again()
	peaks, err := stalledRounds(ctx, s, st, alone, r)
	if err != nil {
		return fmt.Errorf("stalled: %w", err)
	}
	sizes := make([]float64, len(peaks))
	for i, peak := range peaks {
		sizes[i] = float64(peak-start) / float64(2*st.subscribers)
	}
	s.Report.Add("stalled_alone_delivery_p99_ms", report.Median(alone.p99s))
	if err := finish(ctx, s, "stalled_beside", r); err != nil {
		return err
	}
	s.Report.AtMost(1.1, fmt.Sprintf("%d subscribers beside %d that never read: p99 / alone", st.subscribers, 2*st.subscribers), report.Over(r.p99s, alone.p99s))
	s.Report.AtMost(128, fmt.Sprintf("%d subscribers that never read: memory each, KiB", 2*st.subscribers), sizes)
	return nil
}

// stalledRounds measures alone, and r beside sockets that do not read, in turn. It returns the most memory that the server
// had in each round of the latter, in KiB.
func stalledRounds(ctx context.Context, s *suite.Suite, st scenario, alone, r *side) (peaks []int, err error) {
	for round := range s.Rounds + 1 {
		if err := alone.measure(ctx, st.round, round > 0); err != nil {
			return nil, err
		}
		peak, err := measureBeside(ctx, s, r, st, round > 0)
		if err != nil {
			return nil, err
		}
		if round > 0 {
			peaks = append(peaks, peak)
		}
	}
	return peaks, nil
}

// measureBeside measures while there are subscribers that do not read, and returns the most memory that
// the server had meanwhile, in KiB.
func measureBeside(ctx context.Context, s *suite.Suite, r *side, st scenario, keep bool) (int, error) {
	if err := process.ForgetPeak(r.process.PID()); err != nil {
		return 0, err
	}
	stalled, err := stalledSockets(ctx, s, r, 2*st.subscribers)
	defer func() {
		for _, one := range stalled {
			if one != nil {
				one.Close()
			}
		}
	}()
	if err != nil {
		return 0, err
	}
	if err := fillSockets(ctx, s, r); err != nil {
		return 0, err
	}
	if err := r.measure(ctx, st.round, keep); err != nil {
		return 0, err
	}
	return process.PeakOf(r.process.PID())
}

// stalledSockets opens sockets that subscribe to what comes from now on and never read again.
func stalledSockets(ctx context.Context, s *suite.Suite, r *side, n int) ([]*client.Socket, error) {
	in := r.subscribers.Rooms[0]
	cursor, err := r.subscribers.Owner.SyncCursor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	all := make([]*client.Socket, n)
	err = load.InParallel(ctx, n, func(ctx context.Context, i int) error {
		one, err := client.Dial(ctx, net.Dialer{Control: load.SmallBuffers}, r.process.URL, s.Users[i%len(s.Users)].Token)
		if err != nil {
			return err
		}
		all[i] = one
		if err := one.Subscribe(client.ChatSentDocument, in.ID, cursor); err != nil {
			return err
		}
		return one.Sync()
	})
	return all, err
}

// fillSockets sends chats until the sockets of those who do not read are full.
func fillSockets(ctx context.Context, s *suite.Suite, r *side) error {
	p, err := load.NewSender(r.subscribers.To, s.Users[0], r.subscribers.Rooms[0].ID, fillingSize)
	if err != nil {
		return err
	}
	p.Unstamped = true
	defer p.Conn.Close()
	r.first = append(r.first, p)
	if err := load.Fill(p, fillingChats); err != nil {
		return err
	}
	r.subscribers.Await(ctx, load.NewestOf([]*load.Sender{p}))
	select {
	case <-time.After(s.Round / 3): // so that it is over before anything is measured
	case <-ctx.Done():
	}
	return ctx.Err()
}
