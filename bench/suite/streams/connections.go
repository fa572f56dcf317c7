package streams

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
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

// visit has some clients come and go until enough says so; it returns how often and how long that took.
func (v *visitor) visit(ctx context.Context, enough func(visits int64) bool) (int, time.Duration, error) {
	var visits atomic.Int64
	errs := make([]error, visitorsAtOnce)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range visitorsAtOnce {
		wg.Go(func() {
			for first := true; ctx.Err() == nil && errs[i] == nil && (first || !enough(visits.Load())); first = false {
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

// measure returns visits a second during d, and the CPU that the server used for one, in µs.
func (v *visitor) measure(ctx context.Context, p *process.Process, d time.Duration) (rate, cpu float64, err error) {
	before, err1 := process.CPUOf(p.PID())
	visits, took, err2 := v.visit(ctx, during(d))
	after, err3 := process.CPUOf(p.PID())
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, 0, err
	}
	return report.PerSecond(visits, took), report.Micros(after-before) / float64(visits), nil
}

// Connections compares visits to Parley and to the stock server, in turn, and looks whether very many leave
// anything behind.
func Connections(ctx context.Context, s *suite.Suite) error {
	kinds := []string{suite.Parley, suite.Stock}
	visitors, rates, cpus := map[string]*visitor{}, map[string][]float64{}, map[string][]float64{}
	for round := range s.Rounds + 1 {
		for _, name := range kinds {
			p, err := s.Shared(ctx, name)
			if err == nil && visitors[name] == nil {
				visitors[name], err = newVisitor(ctx, s, p.URL)
			}
			if err != nil {
				return err
			}
			rate, cpu, err := visitors[name].measure(ctx, p, s.Round)
			if err != nil {
				return fmt.Errorf("come and go, %s: %w", name, err)
			}
			if round > 0 {
				rates[name], cpus[name] = append(rates[name], rate), append(cpus[name], cpu)
			}
		}
	}
	for _, name := range kinds {
		s.Report.Add("comings_"+name+"_per_s", report.Median(rates[name]))
		s.Report.Add("comings_"+name+"_cpu_us", report.Median(cpus[name]))
	}
	s.Report.AtLeast(1.2, "connect, subscribe, leave: times/s, Parley / stock", report.Over(rates[suite.Parley], rates[suite.Stock]))
	s.Report.Compare("connect, subscribe, leave: CPU each, Parley / stock", report.Over(cpus[suite.Parley], cpus[suite.Stock]))
	return compareMemory(ctx, s, visitors[suite.Parley])
}

// newVisitor makes a room with one chat.
func newVisitor(ctx context.Context, s *suite.Suite, url string) (*visitor, error) {
	c, err := load.NewSubscribers(ctx, url, s.Users, 1)
	if err != nil {
		return nil, err
	}
	_, err = c.SendFirst(ctx, suite.TextSize)
	return &visitor{url, s.Users, c.Rooms[0]}, err
}

// compareMemory has Parley visited very often and compares its memory in the second half of that with the
// first. A garbage collector makes it go up and down by a third, so many looks count and not the last one.
func compareMemory(ctx context.Context, s *suite.Suite, v *visitor) error {
	many := 200 * s.Subscribers
	var halves [2]float64
	p, err := s.Shared(ctx, suite.Parley)
	if err != nil {
		return err
	}
	if _, _, err := v.visit(ctx, upTo(many/10)); err != nil {
		return fmt.Errorf("come and go: %w", err)
	}
	for i := range halves {
		sizes, err := watchMemory(s, p.PID(), func() error {
			_, _, err := v.visit(ctx, upTo(many*9/20))
			return err
		})
		if err != nil {
			return fmt.Errorf("come and go: %w", err)
		}
		halves[i] = report.Median(sizes)
	}
	s.Report.Add("comings_rss_first_half_mib", halves[0])
	s.Report.Add("comings_rss_second_half_mib", halves[1])
	s.Report.AtMost(1.1, fmt.Sprintf("connect, subscribe, leave, %d times: memory, second half / first", many), []float64{halves[1] / halves[0]})
	return nil
}

// watchMemory looks at the memory of a process, in MiB, again and again while something runs.
func watchMemory(s *suite.Suite, pid int, what func() error) (sizes []float64, err error) {
	done := make(chan error, 1)
	go func() { done <- what() }()
	tick := time.NewTicker(s.Round / 30)
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
