// Package broker carries notifications: "look again at these rooms", within a process or between nodes. It rests on one
// idea: a notification has no content and readers go by their places in the log, so that it may be lost, doubled or late.
// Signals have content, and are lost instead of waited for. It knows nothing of what happens in rooms.
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
	listeners   map[*listener]struct{}

	sent, received               atomic.Uint64
	signalsSent, signalsReceived atomic.Uint64
}

type (
	subscriber struct{ wake func(rooms ...uuid.UUID) }
	listener   struct{ got func(content []byte) }
)

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
	defer join(m, &m.subscribers, l)()
	wake()
	<-ctx.Done()
	return ctx.Err()
}

// Signal calls every listener, at once and in the caller's goroutine.
func (m *Memory) Signal(_ string, content []byte) {
	m.signalsSent.Add(1)
	m.hand(content)
}

// hand gives a signal to who listens here. One that is too large goes nowhere.
func (m *Memory) hand(content []byte) {
	if len(content) > chat.MaxSignal {
		return
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	m.signalsReceived.Add(uint64(len(m.listeners)))
	for l := range m.listeners {
		l.got(content)
	}
}

// Signals calls got for every signal until ctx ends.
func (m *Memory) Signals(ctx context.Context, got func(content []byte)) error {
	defer join(m, &m.listeners, &listener{got})()
	<-ctx.Done()
	return ctx.Err()
}

// join puts somebody into a set until leave is called.
func join[T any](m *Memory, set *map[*T]struct{}, one *T) (leave func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if *set == nil {
		*set = map[*T]struct{}{}
	}
	(*set)[one] = struct{}{}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(*set, one)
	}
}
