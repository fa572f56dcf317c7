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

// typists are as many as may type in a room together, each once in two seconds.
const typists, typingEvery = 100, 2 * time.Second

const hearingDocument = `subscription($room:ID!,$after:Cursor!){events(rooms:[$room],after:[$after]){kind at actor{username} room{id} chat{id text}}}`

// Typing has 20 chats a second sent to one room beside 100 people who type there, each of whom sees the others type. Each round
// is measured without and with their typing; their sockets are there in both.
func Typing(ctx context.Context, s *suite.Suite) error {
	const dir = "typing"
	if err := s.CopySeed(dir); err != nil {
		return err
	}
	p, err := s.Parley(ctx, dir, "PARLEY_METRICS_ADDR=127.0.0.1:0")
	if err != nil {
		return err
	}
	typing, err := openOn(ctx, s, p, suite.Parley, scenario{subscribers: typists, rooms: 1, publishers: 1, rate: 20})
	if err != nil {
		return err
	}
	defer typing.subscribers.Close()
	defer load.CloseAll(typing.publishers)
	alone := typing.again()
	told, err := typing.inTurn(ctx, s, alone)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("20 chats/s beside %d people who type: ", typists)
	s.Report.AtMost(1.2, what+"p99 of the chats' deliveries / without typing", report.Over(typing.p99s, alone.p99s))
	s.Report.Compare(what+"signals handed to readers/s", told)
	s.Report.Compare(what+"CPU a delivery of a chat, typing included / without", report.Over(typing.cpus, alone.cpus))
	if err := finish(ctx, s, "typing", typing); err != nil {
		return err
	}
	return p.Stop()
}

// inTurn measures rounds without and with typing, and returns how many signals were handed to readers a second.
func (r *side) inTurn(ctx context.Context, s *suite.Suite, alone *side) (told []float64, err error) {
	room := r.subscribers.Rooms[0]
	all := &hearers{}
	defer all.leave(s)
	if err := all.open(ctx, s, r.process.URL, room, hearing{hearingDocument, typists}); err != nil {
		return nil, err
	}
	for round := range s.Rounds + 1 {
		if err := alone.measure(ctx, 2*s.Round, round > 0); err != nil {
			return nil, err
		}
		rate, err := r.besideTyping(ctx, s, room.ID, round > 0)
		if err != nil {
			return nil, err
		}
		if round > 0 {
			told = append(told, rate)
		}
	}
	return told, nil
}

// besideTyping measures deliveries while people type, and returns how many signals were handed to readers a second.
func (r *side) besideTyping(ctx context.Context, s *suite.Suite, room string, keep bool) (told float64, err error) {
	const handed = `parley_signal_deliveries_total{outcome="told"}`
	before, err := process.Metric(ctx, r.process, handed)
	if err != nil {
		return 0, err
	}
	typing, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	var failed atomic.Value
	start := time.Now()
	for i := range typists {
		all.Go(func() {
			to := client.API{URL: r.process.URL, Token: s.Users[i%len(s.Users)].Token}
			if err := typeOn(typing, to, room, time.Duration(i)*typingEvery/typists); err != nil && typing.Err() == nil {
				failed.Store(err.Error())
			}
		})
	}
	err = r.measure(ctx, 2*s.Round, keep)
	stop()
	all.Wait()
	if why := failed.Load(); why != nil {
		s.Report.Faults.Add("typing: %v", why)
	}
	if err != nil {
		return 0, err
	}
	after, err := process.Metric(ctx, r.process, handed)
	return (after - before) / time.Since(start).Seconds(), err
}

// typeOn types until ctx ends, from a moment on.
func typeOn(ctx context.Context, to client.API, room string, from time.Duration) error {
	for wait := from; ; wait = typingEvery {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		if err := to.Ask(ctx, `mutation($r:ID!){setTyping(room:$r){id}}`, map[string]any{"r": room}, &struct{}{}); err != nil {
			return err
		}
	}
}
