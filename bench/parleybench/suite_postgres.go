package main

import (
	"context"
	"fmt"
	"slices"

	"parley/bench/report"
	"parley/bench/client"
	"parley/bench/process"
	"parley/bench/load"
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
func pgServers(ctx context.Context, s *suite) ([]*pgServer, error) {
	b, err := s.needBacking(ctx)
	if err != nil {
		return nil, err
	}
	parley := func(more ...string) func(context.Context, string, string) (*process.Process, error) {
		return func(ctx context.Context, name, url string) (*process.Process, error) { return s.node(ctx, name, url, more...) }
	}
	bare := func(mode string) func(context.Context, string, string) (*process.Process, error) {
		return func(ctx context.Context, _, url string) (*process.Process, error) { return s.bareOn(ctx, mode, url) }
	}
	all := []*pgServer{
		{name: "parley", start: parley(), route: client.ParleyRoute},
		{name: "parley_batch_of_one", start: parley("PARLEY_WRITE_BATCH=1"), route: client.ParleyRoute},
		{name: "bare_single", start: bare("single"), route: client.BareRoute},
		{name: "bare_group", start: bare("group"), route: client.BareRoute},
	}
	for _, one := range all {
		url, err := b.database(ctx, one.name, seedDatabase)
		if err == nil {
			one.process, err = one.start(ctx, one.name, url)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// postgres lets the same clients send to a node on Postgres and to bare servers on the same Postgres, in turn:
// one client, many, twice as many, and many into many rooms.
func postgres(ctx context.Context, s *suite) error {
	all, err := pgServers(ctx, s)
	if err != nil {
		return err
	}
	hot, cool := s.backing.rooms[:1], s.backing.rooms[1:]
	lone, err := sendTo(ctx, s, all, 1, hot)
	if err != nil {
		return err
	}
	s.r.Compare("Postgres, one client: median time, Parley / bare, one transaction", report.Over(lone[0].medians, lone[2].medians))
	for _, c := range []struct {
		clients int
		rooms   []string
		least   float64 // 0: shown for comparison
	}{
		{s.clients, hot, 8},
		{2 * s.clients, hot, 0},
		{s.clients, cool, 0},
	} {
		rates, err := sendTo(ctx, s, all, c.clients, c.rooms)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("Postgres, %d clients, %d rooms: sends/s, Parley / ", c.clients, len(c.rooms))
		if ratios := report.Over(rates[0].rates, rates[2].rates); c.least > 0 {
			s.r.AtLeast(c.least, what+"bare, one transaction each", ratios)
		} else {
			s.r.Compare(what+"bare, one transaction each", ratios)
		}
		s.r.Compare(what+"itself, one transaction each", report.Over(rates[0].rates, rates[1].rates))
		s.r.Compare(what+"bare, group commit", report.Over(rates[0].rates, rates[3].rates))
	}
	return judgePostgres(ctx, s, all)
}

// sendTo measures the servers in turn and answers their figures, in the same order.
func sendTo(ctx context.Context, s *suite, servers []*pgServer, clients int, rooms []string) ([]*sendSide, error) {
	users := s.backing.users
	users = slices.Repeat(users, (clients+len(users)-1)/len(users))[:clients]
	var all []*sendSide
	for _, one := range servers {
		senders, err := load.Spread(one.route(one.process.URL), users, rooms, textSize)
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
		c.describe(&s.r, fmt.Sprintf("pg_%d_clients_%d_rooms_%s", clients, len(rooms), c.name))
	}
	return all, nil
}

// judgePostgres checks what the servers answered; Parley is read back.
func judgePostgres(ctx context.Context, s *suite, all []*pgServer) error {
	for _, one := range all {
		_, codes := load.Tally(one.sent)
		s.r.Faults.Merge(load.WrongCodes(codes))
		var faults report.Problems
		var err error
		if one.name == "parley" || one.name == "parley_batch_of_one" {
			_, faults, err = load.ReadBack(ctx, client.API{URL: one.process.URL, Token: s.backing.users[0].Token}, one.sent)
		} else {
			_, faults = load.AnsweredChats(one.sent)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		s.r.Faults.Merge(faults)
		if err := one.process.Stop(); err != nil {
			return err
		}
	}
	return nil
}
