package sends

import (
	"context"
	"fmt"
	"slices"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

// A pgServer is one server of the comparison of sends on Postgres; it has a database of its own.
type pgServer struct {
	name    string
	start   func(ctx context.Context, name, url string) (*process.Process, error)
	route   func(url string) client.Route
	process *process.Process
	sent    []*load.Sender // all that have sent to it
}

// pgServers starts them.
func pgServers(ctx context.Context, s *suite.Suite) ([]*pgServer, error) {
	b, err := s.NeedBacking(ctx)
	if err != nil {
		return nil, err
	}
	parley := func(more ...string) func(context.Context, string, string) (*process.Process, error) {
		return func(ctx context.Context, name, url string) (*process.Process, error) {
			return s.Node(ctx, name, url, more...)
		}
	}
	bare := func(mode string) func(context.Context, string, string) (*process.Process, error) {
		return func(ctx context.Context, _, url string) (*process.Process, error) { return s.BareOn(ctx, mode, url) }
	}
	all := []*pgServer{
		{name: "parley", start: parley(), route: client.ParleyRoute},
		{name: "parley_batch_of_one", start: parley("PARLEY_WRITE_BATCH=1"), route: client.ParleyRoute},
		{name: "bare_single", start: bare("single"), route: client.BareRoute},
		{name: "bare_group", start: bare("group"), route: client.BareRoute},
	}
	for _, one := range all {
		url, err := b.Database(ctx, one.name, suite.SeedDatabase)
		if err == nil {
			one.process, err = one.start(ctx, one.name, url)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Postgres lets the same clients send to a node on Postgres and to bare servers on the same Postgres, in turn:
// one client, many, twice as many, and many into many rooms.
func Postgres(ctx context.Context, s *suite.Suite) error {
	all, err := pgServers(ctx, s)
	if err != nil {
		return err
	}
	hot, cool := s.Backing.Rooms[:1], s.Backing.Rooms[1:]
	single, err := sendTo(ctx, s, all, 1, hot)
	if err != nil {
		return err
	}
	s.Report.Compare("Postgres, one client: median time, Parley / bare, one transaction", report.Over(single[0].medians, single[2].medians))
	for _, c := range []struct {
		clients int
		rooms   []string
		least   float64 // 0: shown for comparison
	}{
		{s.Clients, hot, 8},
		{2 * s.Clients, hot, 0},
		{s.Clients, cool, 0},
	} {
		rates, err := sendTo(ctx, s, all, c.clients, c.rooms)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("Postgres, %d clients, %d rooms: sends/s, Parley / ", c.clients, len(c.rooms))
		if ratios := report.Over(rates[0].rates, rates[2].rates); c.least > 0 {
			s.Report.AtLeast(c.least, what+"bare, one transaction each", ratios)
		} else {
			s.Report.Compare(what+"bare, one transaction each", ratios)
		}
		s.Report.Compare(what+"itself, one transaction each", report.Over(rates[0].rates, rates[1].rates))
		s.Report.Compare(what+"bare, group commit", report.Over(rates[0].rates, rates[3].rates))
	}
	return checkPostgres(ctx, s, all)
}

// sendTo measures the servers in turn and returns their figures, in the same order.
func sendTo(ctx context.Context, s *suite.Suite, servers []*pgServer, clients int, rooms []string) ([]*sendSide, error) {
	users := s.Backing.Users
	users = slices.Repeat(users, (clients+len(users)-1)/len(users))[:clients]
	var all []*sendSide
	for _, one := range servers {
		senders, err := load.Spread(one.route(one.process.URL), users, rooms, suite.TextSize)
		if err != nil {
			return nil, err
		}
		one.sent = append(one.sent, senders...)
		all = append(all, &sendSide{name: one.name, process: one.process, senders: senders})
	}
	if err := takeTurns(ctx, s, all); err != nil {
		return nil, err
	}
	for _, c := range all {
		c.describe(&s.Report, fmt.Sprintf("pg_%d_clients_%d_rooms_%s", clients, len(rooms), c.name))
	}
	return all, nil
}

// checkPostgres checks what the servers answered; Parley is read back.
func checkPostgres(ctx context.Context, s *suite.Suite, all []*pgServer) error {
	for _, one := range all {
		_, codes := load.Tally(one.sent)
		s.Report.Faults.Merge(load.WrongCodes(codes))
		var faults report.Problems
		var err error
		if one.name == "parley" || one.name == "parley_batch_of_one" {
			_, faults, err = load.ReadBack(ctx, client.API{URL: one.process.URL, Token: s.Backing.Users[0].Token}, one.sent)
		} else {
			_, faults = load.AnsweredChats(one.sent)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		s.Report.Faults.Merge(faults)
		if err := one.process.Stop(); err != nil {
			return err
		}
	}
	return nil
}
