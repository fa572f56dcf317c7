package follow

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"parley/chat/follow/logtest"
	"parley/chat/roomlog"
)

// signals tells some of a room until ctx ends. Each shows the room as its log leaves it where that has been read at least to
// where it ended, with no chat older than a change that has been answered.
func (m *model) signals(ctx context.Context, room *roomlog.Room, rng *rand.Rand) {
	for logtest.Pause(ctx, time.Duration(rng.IntN(6))*time.Millisecond) == nil {
		head, answered := m.log.head(room.ID), m.log.state()
		if m.ends[room] == isTakenBack {
			head, answered = roomlog.Position{}, nil
		}
		var said Now
		err := m.caches.Tell(ctx, room.ID, head.Place, func(now Now) []Signal {
			said = now
			return []Signal{{Event: &roomlog.Event{Kind: roomlog.Typing, Room: now.Room}, Head: now.Head}}
		})
		switch newest := said.Room; {
		case err != nil:
			if said.Room != nil || m.faithful && !errors.Is(err, ErrNobody) && !errors.Is(err, ErrBehind) && m.ends[room] != isTakenBack && ctx.Err() == nil {
				m.t.Errorf("a signal was not told: %v", err)
			}
		case said.Head < head.Place:
			m.t.Errorf("a signal of place %d shows the room at %d", head.Place, said.Head)
		case newest.LastNumber > 0 && (newest.Newest == nil || newest.Newest.Number != newest.LastNumber):
			m.t.Errorf("a signal shows number %d, and as the newest chat %v", newest.LastNumber, newest.Newest)
		case newest.Newest != nil && version(*newest.Newest.Text) < answered[newest.Newest.ID]:
			m.t.Errorf("a signal shows version %d of a chat, and version %d was answered", version(*newest.Newest.Text), answered[newest.Newest.ID])
		}
	}
}

// lastSignal is told where everybody is current, and wants to be heard.
func (m *model) lastSignal() {
	room, before := m.rooms[0], m.heard.Load()
	if m.ends[room] != goesOn {
		return
	}
	err := m.caches.Tell(context.Background(), room.ID, m.log.head(room.ID).Place, func(now Now) []Signal { return make([]Signal, 1) })
	if err != nil || m.heard.Load() == before {
		m.t.Errorf("the last signal was told to nobody: %v", err)
	}
}

// hear counts the signals that a reader is told.
func (r *modelReader) hear(signals []Signal) { r.m.heard.Add(int64(len(signals))) }
