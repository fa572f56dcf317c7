package brokertest

import (
	"context"

	"github.com/google/uuid"

	"parley/chat"
)

// Lossy is a notifier that loses everything.
type Lossy struct{}

var _ chat.Notifier = Lossy{}

// Notify loses a notification.
func (Lossy) Notify(...uuid.UUID) {}

// Subscribe is told of none until ctx ends.
func (Lossy) Subscribe(ctx context.Context, _ func(...uuid.UUID)) error {
	<-ctx.Done()
	return ctx.Err()
}

// Signal loses a signal.
func (Lossy) Signal(string, []byte) {}

// Signals is told of none until ctx ends.
func (Lossy) Signals(ctx context.Context, _ func([]byte)) error {
	<-ctx.Done()
	return ctx.Err()
}
