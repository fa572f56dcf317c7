package chat

import (
	"context"

	"github.com/google/uuid"
)

// A Broker is a doorbell. It says "look again at these rooms", here and on other nodes, and
// carries nothing else. It may lose, double and reorder; it never blocks the caller.
type Broker interface {
	// Ring is called after a commit, once for all rooms of the transaction.
	Ring(rooms ...uuid.UUID)
	// Listen calls look for each bell until ctx ends; without rooms it means: look at all, as after
	// a reconnect. look does not block.
	Listen(ctx context.Context, look func(rooms ...uuid.UUID)) error
}
