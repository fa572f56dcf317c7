// Package streams measures deliveries: what they cost and how long they take beside a bare broadcast and gqlgen's own
// transports, with sockets that idle, stall, replay, come and go, and between two nodes. Every delivery is checked.
package streams

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

// ahead is how many chats publishers may be ahead of the slowest subscriber; then they wait, or a server
// that sends faster than it delivers would be behind by minutes. The bare broadcast answers a chat when it
// is delivered. The stock server gets what suits it best: it reads the log once for all as long as nobody
// is more than 256 events behind.
var ahead = map[string]int{suite.Parley: 1000, suite.Stock: 200}

// A scenario is one comparison of deliveries.
type scenario struct {
	name        string // of its figures
	kinds       []string
	subscribers int
	rooms       int
	publishers  int
	rate        float64  // chats a second of all publishers together; 0: as fast as they are answered
	documents   []string // what is subscribed to; nil: one and the same
	round       time.Duration
}

// A side is one server of a scenario, with its figures by round.
type side struct {
	process     *process.Process
	subscribers *load.Subscribers
	publishers  []*load.Sender
	first       []*load.Sender
	rates       []float64 // deliveries a second
	cpus        []float64 // of the server, µs a delivery
	loadCPUs    []float64 // of this process, the same: it must not be what is measured
	medians     []float64 // median time from before the send to the delivery, ms
	p99s        []float64 // the time that 1 % exceeds, ms
}

// compare lets the servers deliver in turn; a first round only warms up. Every delivery is checked.
func compare(ctx context.Context, s *suite.Suite, st scenario) (map[string]*side, error) {
	all := map[string]*side{}
	defer func() {
		for _, r := range all {
			r.subscribers.Close()
			load.CloseAll(r.publishers)
		}
	}()
	for _, name := range st.kinds {
		r, err := open(ctx, s, name, st)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", st.name, name, err)
		}
		all[name] = r
	}
	for round := range s.Rounds + 1 {
		for _, name := range st.kinds {
			if err := all[name].measure(ctx, st.lasts(round), round > 0); err != nil {
				return nil, fmt.Errorf("%s, %s: %w", st.name, name, err)
			}
		}
	}
	for _, name := range st.kinds {
		if err := finish(ctx, s, st.name+"_"+name, all[name]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// lasts is how long a round does: the first one only warms up.
func (st scenario) lasts(round int) time.Duration {
	if round == 0 {
		return st.round / 3
	}
	return st.round
}

// again is the same server with figures of its own.
func (r *side) again() *side {
	return &side{process: r.process, subscribers: r.subscribers, publishers: r.publishers}
}

// open gives a server its rooms, its subscribers and its publishers.
func open(ctx context.Context, s *suite.Suite, name string, st scenario) (*side, error) {
	p, err := s.Shared(ctx, name)
	if err != nil {
		return nil, err
	}
	return openOn(ctx, s, p, name, st)
}

// openOn does the same for one that runs.
func openOn(ctx context.Context, s *suite.Suite, p *process.Process, name string, st scenario) (r *side, err error) {
	r = &side{process: p}
	if r.subscribers, err = subscribersOf(ctx, s, r.process.URL, name, st.rooms); err != nil {
		return nil, err
	}
	if st.documents != nil {
		r.subscribers.Documents = st.documents
	}
	if err = r.subscribers.Open(ctx, st.subscribers); err == nil {
		r.first, err = r.subscribers.SendFirst(ctx, suite.TextSize)
	}
	if err == nil {
		r.publishers, err = publishers(s, r.subscribers, name, st)
	}
	if err != nil {
		r.subscribers.Close()
	}
	return r, err
}

// subscribersOf makes the rooms of one of the servers.
func subscribersOf(ctx context.Context, s *suite.Suite, url, name string, rooms int) (*load.Subscribers, error) {
	if name == suite.Raw {
		return load.NewRawSubscribers(url, s.Users, rooms), nil
	}
	return load.NewSubscribers(ctx, url, s.Users, rooms)
}

// publishers makes as many as the scenario has, whoever they are.
func publishers(s *suite.Suite, c *load.Subscribers, name string, st scenario) ([]*load.Sender, error) {
	var all []*load.Sender
	for i := range st.publishers {
		in := c.Rooms[i%len(c.Rooms)]
		p, err := load.NewSender(c.To, s.Users[i%len(s.Users)], in.ID, suite.TextSize)
		if err != nil {
			return nil, err
		}
		if st.rate > 0 {
			p.Interval = time.Duration(float64(st.publishers) / st.rate * float64(time.Second))
		} else if lag := ahead[name]; lag > 0 {
			p.Throttle = in.Throttle(lag)
		}
		all = append(all, p)
	}
	return all, nil
}

// measure lets the publishers send for d, waits until everybody has everything, and keeps the figures,
// unless it is for warming up.
func (r *side) measure(ctx context.Context, d time.Duration, keep bool) error {
	r.subscribers.Since()
	theirs, ours, err := r.cpu()
	if err != nil {
		return err
	}
	start := time.Now()
	load.SendAll(ctx, r.publishers, d)
	r.subscribers.Await(ctx, load.NewestOf(r.publishers))
	theirsAfter, oursAfter, err := r.cpu()
	if err != nil {
		return err
	}
	given := r.subscribers.Since()
	if given.Times.N == 0 {
		_, codes := load.Tally(r.publishers)
		return fmt.Errorf("nothing was delivered: %v", codes)
	}
	if keep {
		r.rates = append(r.rates, report.PerSecond(given.Times.N, given.Latest.Sub(start)))
		r.cpus = append(r.cpus, report.Micros(theirsAfter-theirs)/float64(given.Times.N))
		r.loadCPUs = append(r.loadCPUs, report.Micros(oursAfter-ours)/float64(given.Times.N))
		r.medians = append(r.medians, report.Millis(given.Times.Quantile(0.5)))
		r.p99s = append(r.p99s, report.Millis(given.Times.Quantile(0.99)))
	}
	return nil
}

// cpu is what the server has used so far, and what this process has.
func (r *side) cpu() (server, load time.Duration, err error) {
	server, err1 := process.CPUOf(r.process.PID())
	load, err2 := process.CPUOf(os.Getpid())
	return server, load, errors.Join(err1, err2)
}

// finish checks everything that was delivered and adds the figures.
func finish(ctx context.Context, s *suite.Suite, name string, r *side) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	senders := slices.Concat(r.first, r.publishers)
	faults, err := r.subscribers.Check(ctx, senders)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.Report.Faults.Merge(faults)
	_, codes := load.Tally(senders)
	s.Report.Faults.Merge(load.WrongCodes(codes))
	s.Report.Add(name+"_deliveries_per_s", report.Median(r.rates))
	s.Report.Add(name+"_cpu_us_per_delivery", report.Median(r.cpus))
	s.Report.Add(name+"_load_cpu_us_per_delivery", report.Median(r.loadCPUs))
	s.Report.Add(name+"_delivery_p50_ms", report.Median(r.medians))
	s.Report.Add(name+"_delivery_p99_ms", report.Median(r.p99s))
	return nil
}
