package subscriptions

import (
	"github.com/google/uuid"

	"parley/chat/follow"
	"parley/chat/roomlog"
	"parley/transport/stream"
)

// hearing is the log of a room with its signals.
type hearing struct{ adapter }

// A signalSlot holds the newest signal of a kind by a person.
type signalSlot struct {
	kind  roomlog.EventKind
	actor uuid.UUID
}

// Hear has tell called for signals of the room.
func (h hearing) Hear(tell func([]stream.Signal)) {
	h.Tail.Hear(func(signals []follow.Signal) {
		shown := make([]stream.Signal, len(signals))
		for i, s := range signals {
			shown[i] = stream.Signal{
				Object: h.show(s.Event), Slot: signalSlot{s.Kind, s.ActorID}, Head: s.Head, Until: s.Until,
				Only: userOf(s.Only), Except: userOf(s.Except),
			}
		}
		tell(shown)
	})
}

// userOf is a person as streams know them; empty: there is none.
func userOf(person uuid.UUID) string {
	if person == uuid.Nil {
		return ""
	}
	return person.String()
}
