package members

import (
	"context"
	"errors"
	"fmt"

	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/suite"
)

// Idle opens many sockets on a fresh server, each with a stream of all rooms of a person who is in some, and looks at its
// memory while they wait.
func Idle(ctx context.Context, s *suite.Suite) error {
	var each []float64
	for range (s.Rounds + 1) / 2 {
		kib, err := idleOnce(ctx, s)
		if err != nil {
			return err
		}
		each = append(each, kib)
	}
	s.Report.AtMost(24, fmt.Sprintf("%d sockets that are subscribed to all %d rooms of a person: memory each, KiB", 10*s.Subscribers, suite.FewRooms), each)
	return nil
}

// idleOnce returns what one socket adds to the memory of a fresh server, in KiB.
func idleOnce(ctx context.Context, s *suite.Suite) (float64, error) {
	crowd, p, err := crowded(ctx, s)
	if err != nil {
		return 0, err
	}
	before, err := quietMemory(ctx, s, p)
	if err != nil {
		return 0, err
	}
	readers := make([]*reader, 10*s.Subscribers)
	defer closeAll(readers)
	err = load.InParallel(ctx, len(readers), func(ctx context.Context, i int) (err error) {
		if readers[i], err = dial(ctx, p.URL, crowd.Few[i%len(crowd.Few)]); err != nil {
			return err
		}
		_, err = readers[i].start()
		if n := len(readers[i].cursors); err == nil && n != suite.FewRooms+1 {
			err = fmt.Errorf("%d cursors of %d rooms", n, suite.FewRooms)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	after, err := quietMemory(ctx, s, p)
	return float64(after-before) / float64(len(readers)), errors.Join(err, p.Stop())
}

// quietMemory is the server's memory in KiB after some quiet time.
func quietMemory(ctx context.Context, s *suite.Suite, p *process.Process) (int, error) {
	if err := pause(ctx, s.Round); err != nil {
		return 0, err
	}
	return process.RSSOf(p.PID())
}
