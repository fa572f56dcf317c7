// Package broker carries notifications: "look again at these rooms", within a process or between nodes. It rests on one
// idea: a notification has no content and readers go by their places in the log, so that it may be lost, doubled or late.
// It knows nothing of what happens in rooms.
package broker

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"parley/chat"
)

// Memory carries notifications within one process. The zero value is ready.
type Memory struct {
	mu          sync.RWMutex
	subscribers map[*subscriber]struct{}

	sent, received atomic.Uint64
}

type subscriber struct{ wake func(rooms ...uuid.UUID) }

var _ chat.Notifier = (*Memory)(nil)

// Notify calls every subscriber, at once and in the caller's goroutine.
func (m *Memory) Notify(rooms ...uuid.UUID) {
	m.sent.Add(1)
	m.mu.RLock()
	defer m.mu.RUnlock()
	m.received.Add(uint64(len(m.subscribers)))
	for l := range m.subscribers {
		l.wake(rooms...)
	}
}

// Subscribe calls wake for every notification until ctx ends. It begins with one for all rooms, because some may have
// been sent before.
func (m *Memory) Subscribe(ctx context.Context, wake func(rooms ...uuid.UUID)) error {
	l := &subscriber{wake}
	m.mu.Lock()
	if m.subscribers == nil {
		m.subscribers = map[*subscriber]struct{}{}
	}
	m.subscribers[l] = struct{}{}
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		delete(m.subscribers, l)
		m.mu.Unlock()
	}()
	wake()
	<-ctx.Done()
	return ctx.Err()
}
