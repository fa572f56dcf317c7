// Package broker holds the doorbells: what tells readers, here and on other nodes, to look at
// their room's log again. None of them carries content, so none of them has to be reliable.
package broker

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"parley/chat"
)

// Memory rings within one process. The zero value is ready.
type Memory struct {
	mu        sync.RWMutex
	listeners map[*listener]struct{}

	rung, heard atomic.Uint64
}

type listener struct{ look func(rooms ...uuid.UUID) }

var _ chat.Broker = (*Memory)(nil)

// Ring calls every listener, at once and in the caller's goroutine.
func (m *Memory) Ring(rooms ...uuid.UUID) {
	m.rung.Add(1)
	m.mu.RLock()
	defer m.mu.RUnlock()
	m.heard.Add(uint64(len(m.listeners)))
	for l := range m.listeners {
		l.look(rooms...)
	}
}

// Listen hands look every bell until ctx ends. It begins with one for all rooms, because bells may
// have rung before.
func (m *Memory) Listen(ctx context.Context, look func(rooms ...uuid.UUID)) error {
	l := &listener{look}
	m.mu.Lock()
	if m.listeners == nil {
		m.listeners = map[*listener]struct{}{}
	}
	m.listeners[l] = struct{}{}
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		delete(m.listeners, l)
		m.mu.Unlock()
	}()
	look()
	<-ctx.Done()
	return ctx.Err()
}
