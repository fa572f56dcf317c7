package streams

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

// Joins has 20 chats a second sent to one room, whose subscribers are its members and leave it and join it again
// meanwhile: a chat is executed once for all of them. Each round is measured without and with that.
func Joins(ctx context.Context, s *suite.Suite) error {
	r, err := openJoins(ctx, s)
	if err != nil {
		return err
	}
	defer r.subscribers.Close()
	defer load.CloseAll(r.publishers)
	still := r.again()
	var executions, changes []float64
	for round := range s.Rounds + 1 {
		if err := still.measure(ctx, 2*s.Round, round > 0); err != nil {
			return err
		}
		each, rate, err := r.beside(ctx, s, round > 0)
		if err != nil {
			return err
		}
		if round > 0 {
			executions, changes = append(executions, each), append(changes, rate)
		}
	}
	what := fmt.Sprintf("20 chats/s to %d subscribers who leave and join: ", s.Subscribers)
	s.Report.AtMost(1, what+"executions a chat", executions)
	s.Report.Compare(what+"joins and leaves/s", changes)
	s.Report.Compare(what+"CPU a delivery, these included / without them", report.Over(r.cpus, still.cpus))
	if err := finish(ctx, s, "joins", r); err != nil {
		return err
	}
	return r.process.Stop()
}

// openJoins starts a server that shows its metrics.
func openJoins(ctx context.Context, s *suite.Suite) (*side, error) {
	const dir = "joins"
	if err := s.CopySeed(dir); err != nil {
		return nil, err
	}
	p, err := s.Parley(ctx, dir, "PARLEY_METRICS_ADDR=127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return openOn(ctx, s, p, suite.Parley, scenario{subscribers: s.Subscribers, rooms: 1, publishers: 1, rate: 20})
}

// beside measures deliveries while members come and go, and returns executions of streams for each chat, and how often
// a second somebody joined or left.
func (r *side) beside(ctx context.Context, s *suite.Suite, keep bool) (executions, changes float64, err error) {
	before, err := process.Metric(ctx, r.process, "parley_executions_total")
	if err != nil {
		return 0, 0, err
	}
	var done atomic.Int64
	start := time.Now()
	sent := load.NewestOf(r.publishers)[r.subscribers.Rooms[0].ID]
	coming, stop := context.WithCancel(ctx)
	defer stop()
	var members sync.WaitGroup
	defer members.Wait()
	for i, users := range [][]client.User{s.Users[1:], s.LoginUsers} { // the first made the room
		members.Go(func() {
			if err := comeAndGo(coming, client.API{URL: r.process.URL}, r.subscribers.Rooms[0].ID, users, &done); err != nil && coming.Err() == nil {
				s.Report.Faults.Add("members %d: %v", i+1, err)
			}
		})
	}
	err = r.measure(ctx, 2*s.Round, keep)
	stop()
	members.Wait()
	if err != nil {
		return 0, 0, err
	}
	changes = report.PerSecond(int(done.Load()), time.Since(start))
	after, err := process.Metric(ctx, r.process, "parley_executions_total")
	return (after - before) / float64(load.NewestOf(r.publishers)[r.subscribers.Rooms[0].ID]-sent), changes, err
}

// comeAndGo has people leave a room and join it, one after the other, until ctx ends.
func comeAndGo(ctx context.Context, to client.API, room string, users []client.User, done *atomic.Int64) error {
	for i := 0; ctx.Err() == nil; i++ {
		u := users[i%len(users)]
		for _, what := range []string{`leaveRoom(room:$r)`, `joinRoom(room:$r){id}`} {
			if err := to.As(u.Token).Ask(ctx, `mutation($r:ID!){`+what+`}`, map[string]any{"r": room}, &struct{}{}); err != nil {
				return err
			}
			done.Add(1)
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return nil
}
