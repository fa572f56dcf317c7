package sends

import (
	"context"
	"fmt"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/report"
	"parley/bench/suite"
)

// Before lets the same number of clients send to the program and to an older build of it, in turn, each with a new database of its
// own, which the other could not read. Without an older build nothing is measured.
func Before(ctx context.Context, s *suite.Suite) error {
	if s.Before == "" {
		return nil
	}
	now, err := fresh(ctx, s, s.Binary, "now")
	if err != nil {
		return err
	}
	before, err := fresh(ctx, s, s.Before, "before")
	if err != nil {
		return err
	}
	all := []*sendSide{now, before}
	if err := takeTurns(ctx, s, all); err != nil {
		return err
	}
	for _, c := range all {
		c.describe(&s.Report, c.name)
		_, codes := load.Tally(c.senders)
		s.Report.Faults.Merge(load.WrongCodes(codes))
		if err := c.process.Stop(); err != nil {
			return err
		}
	}
	what := fmt.Sprintf("sends, %d clients: Parley / the older build, ", s.Clients)
	s.Report.AtLeast(0.98, what+"sends/s", report.Over(now.rates, before.rates))
	s.Report.AtMost(1.02, what+"CPU a send", report.Over(now.cpus, before.cpus))
	return nil
}

// fresh is a server with people and rooms of its own.
func fresh(ctx context.Context, s *suite.Suite, binary, name string) (*sendSide, error) {
	p, err := s.Program(ctx, binary, name)
	if err != nil {
		return nil, err
	}
	users, err := (client.API{URL: p.URL}).Register(ctx, s.Clients)
	if err != nil {
		return nil, err
	}
	rooms, err := client.API{URL: p.URL, Token: users[0].Token}.CreateRooms(ctx, s.Rooms)
	if err != nil {
		return nil, err
	}
	senders, err := load.Spread(client.ParleyRoute(p.URL), users, rooms, suite.TextSize)
	return &sendSide{name: name, process: p, senders: senders}, err
}
