package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"parley/bench/report"
	"parley/bench/client"
	"parley/bench/process"
	"parley/bench/load"
)

// Clients that come and go at once.
const visitorsAtOnce = 8

// A visitor comes and goes, over and over: connects, signs in, subscribes, takes one chat and leaves.
type visitor struct {
	url   string
	users []client.User
	in    *load.Room
}

// once is one visit. The chat shows that the subscription has really run.
func (v *visitor) once(ctx context.Context, by client.User) error {
	s, err := client.Dial(ctx, net.Dialer{}, v.url, by.Token)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Subscribe(client.ChatSentDocument, v.in.ID, v.in.Cursor); err != nil {
		return err
	}
	message, err := s.Next()
	if err != nil {
		return fmt.Errorf("the first chat: %w", err)
	}
	if number := client.IntAfter(message, `"number":`); number != 1 {
		return fmt.Errorf("the first chat: got %.200s", message)
	}
	return s.Leave()
}

// visit has some clients come and go until enough says so; it answers how often and how long that took.
func (v *visitor) visit(ctx context.Context, enough func(visits int64) bool) (int, time.Duration, error) {
	var visits atomic.Int64
	errs := make([]error, visitorsAtOnce)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range visitorsAtOnce {
		wg.Go(func() {
			for ctx.Err() == nil && errs[i] == nil && !enough(visits.Load()) {
				errs[i] = v.once(ctx, v.users[i%len(v.users)])
				visits.Add(1)
			}
		})
	}
	wg.Wait()
	return int(visits.Load()), time.Since(start), errors.Join(append(errs, ctx.Err())...)
}

// during is enough after d.
func during(d time.Duration) func(int64) bool {
	start := time.Now()
	return func(int64) bool { return time.Since(start) >= d }
}

// upTo is enough after n visits.
func upTo(n int) func(int64) bool { return func(visits int64) bool { return visits >= int64(n) } }

// connections compares visits to Parley and to the stock server, in turn, and looks whether very many leave
// anything behind.
func connections(ctx context.Context, s *suite) error {
	rivals := []string{parley, stock}
	visitors, rates, cpus := map[string]*visitor{}, map[string][]float64{}, map[string][]float64{}
	for round := range s.rounds + 1 {
		for _, name := range rivals {
			p, err := s.shared(ctx, name)
			if err == nil && visitors[name] == nil {
				visitors[name], err = newVisitor(ctx, s, p.URL)
			}
			if err != nil {
				return err
			}
			before, err1 := process.CPUOf(p.PID())
			visits, took, err2 := visitors[name].visit(ctx, during(s.round))
			after, err3 := process.CPUOf(p.PID())
			if err := errors.Join(err1, err2, err3); err != nil {
				return fmt.Errorf("come and go, %s: %w", name, err)
			}
			if round > 0 {
				rates[name] = append(rates[name], report.PerSecond(visits, took))
				cpus[name] = append(cpus[name], report.Micros(after-before)/float64(visits))
			}
		}
	}
	for _, name := range rivals {
		s.r.Add("comings_"+name+"_per_s", report.Median(rates[name]))
		s.r.Add("comings_"+name+"_cpu_us", report.Median(cpus[name]))
	}
	s.r.AtLeast(1.2, "connect, subscribe, leave: times/s, Parley / stock", report.Over(rates[parley], rates[stock]))
	s.r.Compare("connect, subscribe, leave: CPU each, Parley / stock", report.Over(cpus[parley], cpus[stock]))
	return compareMemory(ctx, s, visitors[parley])
}

// newVisitor makes a room with one chat.
func newVisitor(ctx context.Context, s *suite, url string) (*visitor, error) {
	c, err := load.NewSubscribers(ctx, url, s.users, 1)
	if err != nil {
		return nil, err
	}
	_, err = c.SendFirst(ctx, textSize)
	return &visitor{url, s.users, c.Rooms[0]}, err
}

// compareMemory has Parley visited very often and compares its memory in the second half of that with the
// first. A garbage collector makes it go up and down by a third, so many looks count and not the last one.
func compareMemory(ctx context.Context, s *suite, v *visitor) error {
	many := 200 * s.subscribers
	var halves [2]float64
	if _, _, err := v.visit(ctx, upTo(many/10)); err != nil {
		return fmt.Errorf("come and go: %w", err)
	}
	for i := range halves {
		sizes, err := watchMemory(s, s.running[parley].PID(), func() error {
			_, _, err := v.visit(ctx, upTo(many*9/20))
			return err
		})
		if err != nil {
			return fmt.Errorf("come and go: %w", err)
		}
		halves[i] = report.Median(sizes)
	}
	s.r.Add("comings_rss_first_half_mib", halves[0])
	s.r.Add("comings_rss_second_half_mib", halves[1])
	s.r.AtMost(1.1, fmt.Sprintf("connect, subscribe, leave, %d times: memory, second half / first", many), []float64{halves[1] / halves[0]})
	return nil
}

// watchMemory looks at the memory of a process, in MiB, again and again while something runs.
func watchMemory(s *suite, pid int, what func() error) (sizes []float64, err error) {
	done := make(chan error, 1)
	go func() { done <- what() }()
	tick := time.NewTicker(s.round / 30)
	defer tick.Stop()
	for {
		rss, failed := process.RSSOf(pid)
		sizes = append(sizes, float64(rss)/1024)
		select {
		case err := <-done:
			return sizes, errors.Join(err, failed)
		case <-tick.C:
		}
	}
}
