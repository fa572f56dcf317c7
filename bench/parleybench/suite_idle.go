package main

import (
	"context"
	"fmt"
)

// idle opens many sockets on a fresh server, over and over, and looks at its memory. The other servers
// are shown once each.
func (s *suite) idle(ctx context.Context) error {
	const rooms = 20
	sockets := 10 * s.subscribers
	var waiting []float64
	for round := range s.rounds + 2 {
		name := parley
		if round >= s.rounds {
			name = []string{raw, stock}[round-s.rounds]
		}
		w, err := s.weigh(ctx, fmt.Sprintf("idle_%d", round), name, rooms, sockets)
		if err != nil {
			return fmt.Errorf("idle, %s: %w", name, err)
		}
		if name == parley {
			waiting = append(waiting, w.each(w.waiting))
			if round < s.rounds-1 {
				continue
			}
		}
		s.r.add("idle_"+name+"_kib_per_socket", w.each(w.waiting))
		s.r.add("idle_"+name+"_kib_per_socket_after_a_chat", w.each(w.after))
	}
	s.r.targets = append(s.r.targets,
		target{fmt.Sprintf("%d subscribed sockets in %d rooms: memory each, KiB", sockets, rooms), atMost, 10, waiting})
	return nil
}

// weigh looks at one server of its own.
func (s *suite) weigh(ctx context.Context, dir, name string, rooms, sockets int) (weights, error) {
	p, err := s.another(ctx, name, dir)
	if err != nil {
		return weights{}, err
	}
	c, err := s.crowd(ctx, p.url, name, rooms)
	if err != nil {
		return weights{}, err
	}
	defer c.close()
	w := weights{pid: p.pid(), wait: s.round}
	faults, err := w.weigh(ctx, c, sockets)
	if err != nil {
		return w, err
	}
	s.r.faults.merge(faults)
	return w, p.stop()
}
