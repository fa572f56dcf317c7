package chat

import (
	"context"

	"github.com/google/uuid"
)

// A Notifier says "look again at these", here and on other nodes, and carries nothing but ids: of rooms whose logs have
// grown, and of people whose lists of rooms have changed. It may lose, double and reorder; it never blocks the caller.
type Notifier interface {
	// Notify is called after a commit, once for all that the transaction has changed.
	Notify(about ...uuid.UUID)
	// Subscribe calls wake for each notification until ctx ends; without ids it means everything, as after
	// a reconnect. wake does not block.
	Subscribe(ctx context.Context, wake func(about ...uuid.UUID)) error
}
