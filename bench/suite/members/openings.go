package members

import (
	"context"
	"errors"
	"fmt"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

// openedAtMost is how many people open their streams in a round.
const openedAtMost = 100

// Openings looks at what it costs to open the stream of all rooms of a person, of which none has moved since, one person
// after the other, each of whom is the only reader there is.
func Openings(ctx context.Context, s *suite.Suite) error {
	crowd, p, err := crowded(ctx, s)
	if err != nil {
		return err
	}
	readers, err := newReaders(ctx, p.URL, crowd.Many[:min(openedAtMost, len(crowd.Many))], len(crowd.Rooms))
	defer closeAll(readers)
	if err != nil {
		return err
	}
	var each []float64
	for round := range s.Rounds + 1 {
		before, err1 := process.CPUOf(p.PID())
		err := openEach(readers, s)
		after, err2 := process.CPUOf(p.PID())
		if err := errors.Join(err, err1, err2); err != nil {
			return err
		}
		if round > 0 {
			each = append(each, report.Millis(after-before)/float64(len(readers)))
		}
	}
	s.Report.AtMost(5, fmt.Sprintf("open all %d rooms of a person, none moved: CPU, ms", len(crowd.Rooms)), each)
	return p.Stop()
}

// newReaders are people with an open socket and the cursors of all their rooms, and no stream.
func newReaders(ctx context.Context, url string, people []client.User, rooms int) ([]*reader, error) {
	readers := make([]*reader, len(people))
	return readers, load.InParallel(ctx, len(people), func(ctx context.Context, i int) (err error) {
		if readers[i], err = dial(ctx, url, people[i]); err != nil {
			return err
		}
		chats, err := readers[i].start()
		if n := len(readers[i].cursors); err == nil && (n != rooms+1 || len(chats) != 0) {
			err = fmt.Errorf("%d cursors of %d rooms, chats of %d", n, rooms, len(chats))
		}
		return errors.Join(err, readers[i].socket.Complete(), readers[i].socket.Sync())
	})
}

// openEach opens all streams and ends them, one after the other.
func openEach(readers []*reader, s *suite.Suite) error {
	for _, r := range readers {
		chats, err := r.start()
		if err != nil {
			return err
		}
		if len(chats) != 0 {
			s.Report.Faults.Add("chats of %d rooms came that nobody has sent", len(chats))
		}
		if err := errors.Join(r.socket.Complete(), r.socket.Sync()); err != nil {
			return err
		}
	}
	return nil
}

func closeAll(readers []*reader) {
	for _, r := range readers {
		if r != nil {
			r.socket.Close()
		}
	}
}
