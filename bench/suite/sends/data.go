package sends

import (
	"context"
	"fmt"
	"strings"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/report"
	"parley/bench/suite"
)

// Data lets the same clients send into a room with which an app keeps nothing, and into one with as much as it may, in turn.
func Data(ctx context.Context, s *suite.Suite) error {
	if err := s.CopySeed("data"); err != nil {
		return err
	}
	p, err := s.Parley(ctx, "data")
	if err != nil {
		return err
	}
	owner := client.API{URL: p.URL, Token: s.Users[0].Token}
	rooms, err := owner.CreateRooms(ctx, 2)
	if err != nil {
		return err
	}
	if err := owner.KeepData(ctx, rooms[1], strings.Repeat("x", suite.MaxData-2)); err != nil {
		return err
	}
	var sides []*sendSide
	for i, name := range []string{"plain", "data"} {
		senders, err := load.Spread(client.ParleyRoute(p.URL), s.Users, rooms[i:i+1], suite.TextSize)
		if err != nil {
			return err
		}
		sides = append(sides, &sendSide{name: name, process: p, senders: senders})
	}
	if err := takeTurns(ctx, s, sides); err != nil {
		return err
	}
	for _, c := range sides {
		c.describe(&s.Report, c.name)
		_, codes := load.Tally(c.senders)
		s.Report.Faults.Merge(load.WrongCodes(codes))
	}
	what := fmt.Sprintf("sends, %d clients, one room with 4,096 bytes of data / without, ", s.Clients)
	s.Report.Compare(what+"sends/s", report.Over(sides[1].rates, sides[0].rates))
	s.Report.Compare(what+"CPU a send", report.Over(sides[1].cpus, sides[0].cpus))
	return p.Stop()
}
