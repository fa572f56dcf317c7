package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
)

// A Watcher follows all rooms of a person who comes and goes, over a WebSocket or an event stream, and goes on from where
// it was whenever that is cut.
type Watcher struct {
	*Torture
	Watch
	token    string
	overSSE  bool
	caughtUp []string             // cursors of the last CAUGHT_UP
	newest   map[uuid.UUID]string // of each room since
	began    chan struct{}        // closed with the first CAUGHT_UP
	begin    func()               // closes it
	Reached  atomic.Int64         // the number of the last chat in the room that the person comes to
}

// A Watch is what the streams of one person's rooms gave, while they came and went.
type Watch struct {
	person string
	room   uuid.UUID     // to which they come
	from   time.Duration // since when they had a stream, or one to go on with; 0: they had none
	given  []Given
	ended  string // what the server said when it ended the stream for good
}

// A Given is a chat that somebody was given, or the end of a room for them.
type Given struct {
	Seen
	end  bool // their own MEMBER_LEFT or MEMBER_REMOVED; of Seen there is the room alone
	when time.Duration
}

func newWatcher(k *Torture, m *Mover, overSSE bool) *Watcher {
	w := &Watcher{Torture: k, Watch: Watch{person: m.person, room: m.room}, token: m.token, overSSE: overSSE, newest: map[uuid.UUID]string{}, began: make(chan struct{})}
	w.begin = sync.OnceFunc(func() { close(w.began) })
	return w
}

func (w *Watcher) run(ctx context.Context) {
	for {
		at, ok := w.Servers.get(ctx)
		if !ok {
			return
		}
		if err := w.follow(ctx, at, w.token, w.overSSE, w); errors.Is(err, errEnded) {
			w.ended = err.Error()
			return
		}
		pause(ctx, w.Rest)
	}
}

func (w *Watcher) cut(context.Context, websocket.StatusCode) {}

func (w *Watcher) operation() ([]byte, error) {
	variables := map[string]any{}
	if w.caughtUp != nil {
		variables["after"] = append(slices.Clone(w.caughtUp), slices.Sorted(maps.Values(w.newest))...)
	}
	return json.Marshal(map[string]any{
		"query":     `subscription($after: [Cursor!]) { events(after: $after) { kind username cursor cursors room { id } chat { id number text cursor } } }`,
		"variables": variables,
	})
}

// A watched is an event of all rooms.
type watched struct {
	Kind     string
	Username string
	Cursor   string
	Cursors  []string
	Room     struct{ ID uuid.UUID }
	Chat     *Called
}

// Event takes an event of the stream.
func (w *Watcher) Event(payload json.RawMessage) error {
	var event struct {
		Data   struct{ Events *watched }
		Errors json.RawMessage
	}
	if err := json.Unmarshal(payload, &event); err != nil || event.Errors != nil || event.Data.Events == nil {
		return fmt.Errorf("%w: event: %s", errEnded, payload)
	}
	w.take(event.Data.Events)
	return nil
}

// take notes what an event says, and stands where it says that the stream goes on.
func (w *Watcher) take(e *watched) {
	now := time.Since(w.Began)
	switch e.Kind {
	case "CAUGHT_UP":
		w.caughtUp = e.Cursors
		clear(w.newest)
		if w.from == 0 {
			w.from = now
		}
		w.begin()
		return
	case "CHAT_SENT":
		w.given = append(w.given, Given{Seen: e.Chat.in(e.Room.ID), when: now})
		w.Reached.Store(int64(e.Chat.Number))
	case "MEMBER_LEFT", "MEMBER_REMOVED":
		if e.Username == w.person {
			w.given = append(w.given, Given{Seen: Seen{Room: e.Room.ID}, end: true, when: now})
		}
	}
	w.newest[e.Room.ID] = e.Cursor
}
