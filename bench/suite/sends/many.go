// Package sends measures how fast chats are stored, on SQLite and on Postgres, beside bare servers with Parley's SQL.
package sends

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

// A sendSide is one server of the comparison of sends, with its figures by round.
type sendSide struct {
	name    string
	start   func(ctx context.Context, name string) (*process.Process, error)
	route   func(url string) client.Route
	process *process.Process
	senders []*load.Sender
	rates   []float64 // sends a second
	medians []float64 // median latency, ms
	p99s    []float64 // the latency that 1 % exceeds, ms
	cpus    []float64 // of the server, µs a send
}

// sendSides starts the servers, each with a copy of the seeded database.
func sendSides(ctx context.Context, s *suite.Suite) ([]*sendSide, error) {
	parley := func(more ...string) func(context.Context, string) (*process.Process, error) {
		return func(ctx context.Context, name string) (*process.Process, error) { return s.Parley(ctx, name, more...) }
	}
	bare := func(mode string) func(context.Context, string) (*process.Process, error) {
		return func(ctx context.Context, name string) (*process.Process, error) { return s.Bare(ctx, mode, name) }
	}
	all := []*sendSide{
		{name: "parley", start: parley(), route: client.ParleyRoute},
		{name: "parley_batch_of_one", start: parley("PARLEY_WRITE_BATCH=1"), route: client.ParleyRoute},
		{name: "bare_single", start: bare("single"), route: client.BareRoute},
		{name: "bare_group", start: bare("group"), route: client.BareRoute},
	}
	for _, c := range all {
		err := s.CopySeed(c.name)
		if err == nil {
			c.process, err = c.start(ctx, c.name)
		}
		if err == nil {
			c.senders, err = load.Spread(c.route(c.process.URL), s.Users, s.RoomIDs, suite.TextSize)
		}
		if err != nil {
			return nil, err
		}
	}
	s.Main = all[0].process
	return all, nil
}

// Many lets the same clients send to Parley, to Parley with one transaction a send, and to
// two bare servers, in turn. A first round only warms up.
func Many(ctx context.Context, s *suite.Suite) error {
	all, err := sendSides(ctx, s)
	if err != nil {
		return err
	}
	if err := takeTurns(ctx, s, all); err != nil {
		return err
	}
	for _, c := range all {
		c.describe(&s.Report, c.name)
		if err := checkSends(ctx, s, c); err != nil {
			return err
		}
	}
	what := fmt.Sprintf("sends, %d clients: Parley / ", s.Clients)
	s.Report.AtLeast(5, what+"itself, one transaction each", report.Over(all[0].rates, all[1].rates))
	s.Report.Compare(what+"bare, one transaction each", report.Over(all[0].rates, all[2].rates))
	s.Report.Compare(what+"bare, group commit", report.Over(all[0].rates, all[3].rates))
	return nil
}

// takeTurns lets the sides' clients send in turn and then disconnect.
func takeTurns(ctx context.Context, s *suite.Suite, all []*sendSide) error {
	for round := range s.Rounds + 1 {
		for _, i := range suite.Order(round, len(all)) {
			c := all[i]
			if err := c.measure(ctx, s.Round, round > 0); err != nil {
				return err
			}
		}
	}
	for _, c := range all {
		load.CloseAll(c.senders)
	}
	return nil
}

func (c *sendSide) describe(r *report.Report, name string) {
	r.Add(name+"_sends_per_s", report.Median(c.rates))
	r.Add(name+"_send_p50_ms", report.Median(c.medians))
	r.Add(name+"_send_p99_ms", report.Median(c.p99s))
	r.Add(name+"_cpu_us_per_send", report.Median(c.cpus))
	r.Add(name+"_cpu_us_per_send_lowest", slices.Min(c.cpus))
}

// measure lets the clients send for d and keeps the figures, unless it is for warming up.
func (c *sendSide) measure(ctx context.Context, d time.Duration, keep bool) error {
	if !keep {
		d /= 3
	}
	before, err := process.CPUOf(c.process.PID())
	if err != nil {
		return err
	}
	took := load.SendAll(ctx, c.senders, d)
	after, err := process.CPUOf(c.process.PID())
	if err != nil {
		return err
	}
	times, codes := load.Tally(c.senders)
	if times.N == 0 {
		return fmt.Errorf("%s answered no send: %v", c.name, codes)
	}
	if keep {
		c.rates = append(c.rates, report.PerSecond(times.N, took))
		c.medians = append(c.medians, report.Millis(times.Quantile(0.5)))
		c.p99s = append(c.p99s, report.Millis(times.Quantile(0.99)))
		c.cpus = append(c.cpus, float64((after-before).Microseconds())/float64(times.N))
	}
	return nil
}

// checkSends checks what a side answered; Parley is read back. All but the main server have
// done their work then.
func checkSends(ctx context.Context, s *suite.Suite, c *sendSide) error {
	_, codes := load.Tally(c.senders)
	for code, n := range codes {
		s.Report.Add(c.name+"_refused_"+code, n)
	}
	s.Report.Faults.Merge(load.WrongCodes(codes))
	if s.Rooms == 1 {
		s.Report.Faults.Merge(load.CheckNumbers(c.name, c.senders))
	}
	if c.name == "parley" || c.name == "parley_batch_of_one" {
		_, faults, err := load.ReadBack(ctx, client.API{URL: c.process.URL, Token: s.Users[0].Token}, c.senders)
		if err != nil {
			return err
		}
		s.Report.Faults.Merge(faults)
	}
	if c.process == s.Main {
		return nil
	}
	return c.process.Stop()
}
