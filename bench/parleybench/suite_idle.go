package main

import (
	"context"
	"fmt"

	"parley/bench/load"
)

// idle opens many sockets on a fresh server, over and over, and looks at its memory. The other servers
// are shown once each.
func idle(ctx context.Context, s *suite) error {
	const rooms = 20
	sockets := 10 * s.subscribers
	var waiting []float64
	for round := range s.rounds + 2 {
		name := parley
		if round >= s.rounds {
			name = []string{raw, stock}[round-s.rounds]
		}
		w, err := idleMemory(ctx, s, fmt.Sprintf("idle_%d", round), name, rooms, sockets)
		if err != nil {
			return fmt.Errorf("idle, %s: %w", name, err)
		}
		if name == parley {
			waiting = append(waiting, w.PerSocket(w.Idle))
			if round < s.rounds-1 {
				continue
			}
		}
		s.r.Add("idle_"+name+"_kib_per_socket", w.PerSocket(w.Idle))
		s.r.Add("idle_"+name+"_kib_per_socket_after_a_chat", w.PerSocket(w.After))
	}
	s.r.AtMost(10, fmt.Sprintf("%d subscribed sockets in %d rooms: memory each, KiB", sockets, rooms), waiting)
	return nil
}

// idleMemory looks at one server of its own.
func idleMemory(ctx context.Context, s *suite, dir, name string, rooms, sockets int) (load.Memory, error) {
	p, err := s.startCopy(ctx, name, dir)
	if err != nil {
		return load.Memory{}, err
	}
	c, err := subscribersOf(ctx, s, p.URL, name, rooms)
	if err != nil {
		return load.Memory{}, err
	}
	defer c.Close()
	w := load.Memory{PID: p.PID(), Wait: s.round}
	faults, err := w.Measure(ctx, c, sockets)
	if err != nil {
		return w, err
	}
	s.r.Faults.Merge(faults)
	return w, p.Stop()
}
