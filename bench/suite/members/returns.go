package members

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/suite"
)

// Returns has many people, each with a stream of all rooms, come back at once after a chat was sent to each room. They
// are live when they have been told that they are; a chat that is sent then must reach them all. A first round warms up.
func Returns(ctx context.Context, s *suite.Suite) error {
	crowd, p, err := crowded(ctx, s)
	if err != nil {
		return err
	}
	all, err := newReaders(ctx, p.URL, crowd.Many, len(crowd.Rooms))
	closeAll(all)
	if err != nil {
		return err
	}
	var times, cpus []float64
	for round := range (s.Rounds+1)/2 + 1 {
		if err := sendEach(p.URL, crowd); err != nil {
			return err
		}
		before, err1 := process.CPUOf(p.PID())
		took, err := comeBack(ctx, s, p.URL, crowd, all)
		after, err2 := process.CPUOf(p.PID())
		if err := errors.Join(err, err1, err2); err != nil {
			return err
		}
		if round > 0 {
			times, cpus = append(times, took.Seconds()), append(cpus, (after-before).Seconds())
		}
	}
	what := fmt.Sprintf("%d streams of the same %d rooms come back, all moved: ", len(all), len(crowd.Rooms))
	s.Report.AtMost(10, what+"until all are live, s", times)
	s.Report.Compare(what+"CPU, s", cpus)
	return p.Stop()
}

// sendEach sends a chat to each room.
func sendEach(url string, crowd *suite.Crowd) error {
	for _, room := range crowd.Rooms {
		if err := send(url, crowd, room); err != nil {
			return err
		}
	}
	return nil
}

func send(url string, crowd *suite.Crowd, room string) error {
	sends, err := load.NewSender(client.ParleyRoute(url), crowd.Many[0], room, suite.TextSize)
	if err != nil {
		return err
	}
	defer sends.Conn.Close()
	return load.Fill(sends, 1)
}

// comeBack returns how long it took until all were live.
func comeBack(ctx context.Context, s *suite.Suite, url string, crowd *suite.Crowd, all []*reader) (time.Duration, error) {
	defer closeAll(all)
	errs := make([]error, len(all))
	start := time.Now()
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() { errs[i] = all[i].comeBack(ctx, url, crowd.Many[i], crowd.Rooms) })
	}
	group.Wait()
	took := time.Since(start)
	if err := errors.Join(errs...); err != nil {
		return took, err
	}
	return took, checkLive(s, url, crowd, all)
}

// checkLive sends one more chat, which must be the next that all are given.
func checkLive(s *suite.Suite, url string, crowd *suite.Crowd, all []*reader) error {
	if err := send(url, crowd, crowd.Rooms[0]); err != nil {
		return err
	}
	for i, r := range all {
		message, err := r.socket.Next()
		if err != nil {
			return err
		}
		if room, err := chatOf(message); err != nil || room != crowd.Rooms[0] {
			s.Report.Faults.Add("stream %d, live: %v, a chat of room %s", i+1, err, room)
		}
	}
	return nil
}

// comeBack opens the stream again, as often as the server is too busy, and takes one chat of each room and nothing else;
// of the first room also the live one of the round before.
func (r *reader) comeBack(ctx context.Context, url string, by client.User, rooms []string) error {
	chats, err := r.openAgain(ctx, url, by)
	for client.IsBusy(err) {
		if err := pause(ctx, time.Second/2+rand.N(time.Second)); err != nil {
			return err
		}
		chats, err = r.openAgain(ctx, url, by)
	}
	if err != nil {
		return err
	}
	for _, room := range rooms {
		if n := chats[room]; n != 1 && (room != rooms[0] || n != 2) {
			return fmt.Errorf("%d chats of room %s", n, room)
		}
	}
	if len(chats) != len(rooms) {
		return fmt.Errorf("chats of %d rooms", len(chats))
	}
	return nil
}

func (r *reader) openAgain(ctx context.Context, url string, by client.User) (map[string]int, error) {
	again, err := dial(ctx, url, by)
	if err != nil {
		return nil, err
	}
	r.socket = again.socket
	chats, err := r.start()
	if err != nil {
		r.socket.Close()
	}
	return chats, err
}
