package requests

import (
	"context"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/report"
	"parley/bench/suite"
)

// Bots lets one client ask who it is by an access token, and another by the token of a bot, in turn.
func Bots(ctx context.Context, s *suite.Suite) error {
	if err := s.CopySeed("bots"); err != nil {
		return err
	}
	p, err := s.Parley(ctx, "bots")
	if err != nil {
		return err
	}
	who := s.Users[0]
	bot, err := botOf(ctx, s, client.API{URL: p.URL, Token: who.Token})
	if err != nil {
		return err
	}
	var sides []reading
	for _, by := range []client.User{who, bot} {
		one, err := load.NewPager(client.ParleyRoute(p.URL), by, map[string]any{"query": "{me{id}}"})
		if err != nil {
			return err
		}
		one.Item, one.Items = `"id":`, 1
		sides = append(sides, reading{p, one})
	}
	medians, cpus, err := readInTurn(ctx, s, []string{"me_access_token", "me_bot_token"}, sides)
	if err != nil {
		return err
	}
	s.Report.Compare("{ me { id } } by the token of a bot / by an access token, time", report.Over(medians[1], medians[0]))
	s.Report.AtMost(1.02, "{ me { id } } by the token of a bot / by an access token, CPU", report.Over(cpus[1], cpus[0]))
	return p.Stop()
}

// botOf makes a server admin of the first user, and a bot.
func botOf(ctx context.Context, s *suite.Suite, first client.API) (client.User, error) {
	if err := s.Shell(ctx, "bots", "admin", "add", s.Users[0].Name); err != nil {
		return client.User{}, err
	}
	return first.CreateBot(ctx, "benchbot")
}
