package chat

import (
	"context"

	"github.com/google/uuid"
)

// A Notifier says "look again at these rooms", and at which rooms these people are in, here and on other nodes, and carries
// nothing else: ids of both in one list.
// It may lose, double and reorder; it never blocks the caller.
type Notifier interface {
	// Notify is called after a commit, once for all rooms of the transaction.
	Notify(ids ...uuid.UUID)
	// Subscribe calls wake for each notification until ctx ends; without ids it means all of them, as after
	// a reconnect. wake does not block.
	Subscribe(ctx context.Context, wake func(ids ...uuid.UUID)) error
}
