package main

import (
	"context"
	"time"
)

// startUp starts the server over a database that has some chats, again and again, and looks at its
// memory a second later.
func startUp(ctx context.Context, s *suite) error {
	if err := s.main.stop(); err != nil {
		return err
	}
	var times, sizes []float64
	for range s.rounds {
		p, err := s.parley(ctx, "parley")
		if err != nil {
			return err
		}
		times = append(times, p.took.Seconds())
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
		rss, err := rssOf(p.pid())
		if err != nil {
			return err
		}
		sizes = append(sizes, float64(rss)/1024)
		if err := p.stop(); err != nil {
			return err
		}
	}
	s.r.AtMost(1, "start with an existing database, s", times)
	s.r.AtMost(60, "memory of the idle server, MiB", sizes)
	return nil
}
