package streams

import (
	"context"
	"fmt"

	"parley/bench/load"
	"parley/bench/suite"
)

// Idle opens many sockets on a fresh server, over and over, and looks at its memory. The other servers
// are shown once each.
func Idle(ctx context.Context, s *suite.Suite) error {
	const rooms = 20
	sockets := 10 * s.Subscribers
	var waiting []float64
	for round := range s.Rounds + 2 {
		name := suite.Parley
		if round >= s.Rounds {
			name = []string{suite.Raw, suite.Stock}[round-s.Rounds]
		}
		w, err := idleMemory(ctx, s, fmt.Sprintf("idle_%d", round), name, rooms, sockets)
		if err != nil {
			return fmt.Errorf("idle, %s: %w", name, err)
		}
		if name == suite.Parley {
			waiting = append(waiting, w.PerSocket(w.Idle))
			if round < s.Rounds-1 {
				continue
			}
		}
		s.Report.Add("idle_"+name+"_kib_per_socket", w.PerSocket(w.Idle))
		s.Report.Add("idle_"+name+"_kib_per_socket_after_a_chat", w.PerSocket(w.After))
	}
	s.Report.AtMost(10, fmt.Sprintf("%d subscribed sockets in %d rooms: memory each, KiB", sockets, rooms), waiting)
	return nil
}

// idleMemory looks at one server of its own.
func idleMemory(ctx context.Context, s *suite.Suite, dir, name string, rooms, sockets int) (load.Memory, error) {
	p, err := s.StartCopy(ctx, name, dir)
	if err != nil {
		return load.Memory{}, err
	}
	c, err := subscribersOf(ctx, s, p.URL, name, rooms)
	if err != nil {
		return load.Memory{}, err
	}
	defer c.Close()
	w := load.Memory{PID: p.PID(), Wait: s.Round}
	faults, err := w.Measure(ctx, c, sockets)
	if err != nil {
		return w, err
	}
	s.Report.Faults.Merge(faults)
	return w, p.Stop()
}
