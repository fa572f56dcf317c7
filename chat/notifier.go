package chat

import (
	"context"

	"github.com/google/uuid"
)

// MaxSignal is how many bytes a signal has at most.
const MaxSignal = 6 << 10

// A Notifier says "look again at these", here and on other nodes, and carries nothing but ids: of rooms whose logs have
// grown, and of people whose lists of rooms have changed. Beside these it carries signals, which are nowhere else. It may
// lose, double and reorder both; it never blocks the caller.
type Notifier interface {
	// Notify is called after a commit, once for all that the transaction has changed.
	Notify(about ...uuid.UUID)
	// Subscribe calls wake for each notification until ctx ends; without ids it means everything, as after
	// a reconnect. wake does not block.
	Subscribe(ctx context.Context, wake func(about ...uuid.UUID)) error

	// Signal carries content of at most MaxSignal bytes once to all who listen, here and on other nodes, behind the
	// notifications that wait. Of two that wait in one slot the newer is carried, and none waits until a bus is back.
	Signal(slot string, content []byte)
	// Signals calls got for each until ctx ends. got does not block, and keeps nothing of content.
	Signals(ctx context.Context, got func(content []byte)) error
}
