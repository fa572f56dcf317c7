package requests

import (
	"context"
	"time"

	"parley/bench/process"
	"parley/bench/suite"
)

// Start starts the server over a database that has some chats, again and again, and looks at its
// memory a second later.
func Start(ctx context.Context, s *suite.Suite) error {
	if err := s.Main.Stop(); err != nil {
		return err
	}
	var times, sizes []float64
	for range s.Rounds {
		p, err := s.Parley(ctx, "parley")
		if err != nil {
			return err
		}
		times = append(times, p.Took.Seconds())
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
		rss, err := process.RSSOf(p.PID())
		if err != nil {
			return err
		}
		sizes = append(sizes, float64(rss)/1024)
		if err := p.Stop(); err != nil {
			return err
		}
	}
	s.Report.AtMost(1, "start with an existing database, s", times)
	s.Report.AtMost(60, "memory of the idle server, MiB", sizes)
	return nil
}
