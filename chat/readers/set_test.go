package readers_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/broker/brokertest"
	"parley/chat"
	"parley/chat/follow/logtest"
	"parley/chat/readers"
	"parley/chat/roomlog"
	"parley/ent"
)

func (w *world) open(who chat.Caller, after ...string) readers.Opening {
	w.t.Helper()
	opened, err := w.OpenMine(w.t.Context(), who, after)
	if err != nil {
		w.t.Fatal(err)
	}
	return opened
}

func (w *world) head(id uuid.UUID) roomlog.Position {
	return roomlog.HeadOf(w.store.Read.Room.GetX(w.t.Context(), id))
}

// told says what is handed out of rooms, by their names: the place at which each begins, or its last event.
func told(opened readers.Opening) string {
	var said []string
	for _, s := range opened.Starts {
		said = append(said, fmt.Sprint(s.Room.Name, " ", s.At.Place))
	}
	for _, e := range opened.Ended {
		text := fmt.Sprint(e.Last.Kind, " ", e.Last.Room.Name)
		if e.Last.Cursor() != nil {
			text += fmt.Sprint(" at ", e.Last.Position().Place)
		}
		said = append(said, text)
	}
	slices.Sort(said)
	return strings.Join(said, ", ")
}

// Where a reader of all rooms of a person begins in each.
func TestWhereRoomsBegin(t *testing.T) {
	w := newWorld(t, &broker.Memory{}, time.Hour)
	ann, bob := w.person("ann"), w.person("bob")
	old, fresh, gone, kept := w.room(bob, "old"), w.room(bob, "fresh"), w.hidden(bob, "gone"), w.room(bob, "kept")
	never, deleted := w.hidden(bob, "never"), w.room(bob, "deleted")
	none := w.open(ann)
	if got := told(none); got != "" {
		t.Errorf("who is in no room has %q", got)
	}
	for _, id := range []uuid.UUID{old, gone, kept, deleted} {
		w.send(bob, id, "1")
		w.join(id, ann)
		w.send(bob, id, "3")
	}
	list := w.open(ann).Cursor
	cursors := map[uuid.UUID]string{}
	for _, id := range []uuid.UUID{old, gone, kept, deleted, never} {
		cursors[id] = w.head(id).Cursor(id)
	}
	w.send(bob, fresh, "1")
	w.join(fresh, ann)
	w.send(bob, fresh, "3")
	w.send(bob, old, "4")
	w.send(bob, kept, "4")
	w.remove(gone, ann)
	w.remove(kept, ann)
	w.send(bob, gone, "5")
	w.send(bob, kept, "6")
	w.join(kept, ann)
	removed := w.head(gone)
	if _, err := w.DeleteRoom(t.Context(), bob, deleted.String()); err != nil {
		t.Fatal(err)
	}
	nowhere := uuid.New()
	now := "fresh 3, kept 7, old 4"
	removed.Place-- // behind the removal came one more
	for name, c := range map[string]struct {
		after []string
		want  string
	}{
		"nothing is known":               {nil, now},
		"the list":                       {[]string{list}, "fresh 1, kept 6, old 4"},
		"the list of before":             {[]string{none.Cursor}, "fresh 1, kept 6, old 1"},
		"the furthest list":              {[]string{list, none.Cursor}, "fresh 1, kept 6, old 4"},
		"a room":                         {[]string{cursors[old]}, "fresh 3, kept 7, old 3"},
		"the furthest of a room":         {[]string{cursors[old], w.head(old).Cursor(old), cursors[old]}, now},
		"the start of a room":            {[]string{roomlog.Position{}.Cursor(old)}, "fresh 3, kept 7, old 0"},
		"left and back":                  {[]string{cursors[kept], list}, "fresh 1, kept 3, old 4"},
		"removed":                        {[]string{cursors[gone]}, "MEMBER_REMOVED gone at 4, " + now},
		"removed, and told of it":        {[]string{removed.Cursor(gone)}, now},
		"removed, and read on behind it": {[]string{w.head(gone).Cursor(gone)}, now},
		"removed, and no such place":     {[]string{roomlog.Position{Place: 1 << 40, Tag: 1}.Cursor(gone)}, now},
		"deleted":                        {[]string{cursors[deleted]}, "ROOM_DELETED , " + now},
		"never in":                       {[]string{cursors[never]}, "ROOM_DELETED , " + now},
		"nowhere":                        {[]string{roomlog.Position{}.Cursor(nowhere)}, "ROOM_DELETED , " + now},
	} {
		if got := told(w.open(ann, c.after...)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	for name, after := range map[string]string{
		"of another person": w.open(bob).Cursor, "nonsense": "nonsense", "too far": roomlog.Position{Place: 1<<63 - 1, Tag: 1}.Cursor(old), "empty": "",
	} {
		var bad *chat.InvalidError
		if _, err := w.OpenMine(t.Context(), ann, []string{after}); !errors.As(err, &bad) || bad.Reason != "CURSOR_INVALID" {
			t.Errorf("a cursor %s: %v", name, err)
		}
	}
	w.wantDiverged(ann, []uuid.UUID{old}, roomlog.Position{Place: 2, Tag: 1}.Cursor(old), cursors[kept])
	w.wantDiverged(ann, []uuid.UUID{old}, roomlog.Position{Place: 99, Tag: 1}.Cursor(old))
	w.exec("UPDATE users SET rooms_version = 0 WHERE id = '" + ann.ID.String() + "'") // as a restored backup does
	w.wantDiverged(ann, nil, list)
}

func (w *world) wantDiverged(who chat.Caller, rooms []uuid.UUID, after ...string) {
	w.t.Helper()
	var diverged *roomlog.DivergedError
	if _, err := w.OpenMine(w.t.Context(), who, after); !errors.As(err, &diverged) || !slices.Equal(diverged.Rooms, rooms) {
		w.t.Errorf("got %v of %v, want %v", err, diverged, rooms)
	}
}

// What a stranger is told of a room is the same whether it is hidden, deleted or was never there.
func TestStrangersLearnNothing(t *testing.T) {
	w := newWorld(t, &broker.Memory{}, time.Hour)
	ann, bob := w.person("ann"), w.person("bob")
	hidden, public, deleted := w.hidden(bob, "hidden"), w.room(bob, "public"), w.room(bob, "deleted")
	if _, err := w.DeleteRoom(t.Context(), bob, deleted.String()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []uuid.UUID{hidden, public, deleted, uuid.New()} {
		e := w.open(ann, w.cursorOf(id)).Ended[0].Last
		shown := *e.Room
		shown.ID = uuid.Nil
		if fmt.Sprintf("%+v", shown) != fmt.Sprintf("%+v", roomlog.Room{Kind: roomlog.Public, SendRole: 2}) ||
			e.Kind != roomlog.RoomDeleted || e.Cursor() != nil || e.ActorID != uuid.Nil || e.Room.ID != id {
			t.Errorf("got %+v in %+v", e, e.Room)
		}
	}
}

func (w *world) cursorOf(id uuid.UUID) string { return roomlog.Position{Place: 1, Tag: 7}.Cursor(id) }

// The list of rooms is read again whenever it has changed, whether that is told or not, and rooms begin behind the joining.
func TestSetIsReadAgain(t *testing.T) {
	for name, w := range map[string]*world{
		"with notifications":           newWorld(t, &broker.Memory{}, time.Hour),
		"with every notification lost": newWorld(t, brokertest.Lossy{}, 5*time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			ann, bob := w.person("ann"), w.person("bob")
			first, second := w.room(bob, "first"), w.room(bob, "second")
			w.join(first, ann)
			opened := w.open(ann)
			wake, notify := logtest.Wake()
			defer opened.Set.Follow(notify)()
			want := func(rooms string) {
				t.Helper()
				for got := ""; got != rooms; {
					select {
					case <-wake:
					case <-time.After(5 * time.Minute):
						t.Fatalf("it is %q, and nobody was woken", got)
					}
					starts, err := opened.Set.Read(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					got = told(readers.Opening{Starts: starts})
				}
			}
			w.send(bob, second, "1")
			w.join(second, ann)
			w.send(bob, second, "3")
			want("first 1, second 1")
			w.remove(first, ann)
			want("second 1")
			w.join(first, ann)
			want("first 2, second 1")
			w.room(ann, "own")
			want("first 2, own 0, second 1")
			w.exec("UPDATE users SET rooms_version = 1 WHERE id = '" + ann.ID.String() + "'")
			opened.Set.Compare(t.Context())
			select {
			case <-wake:
			case <-time.After(5 * time.Minute):
				t.Fatal("nobody was woken")
			}
			if _, err := opened.Set.Read(t.Context()); !errors.Is(err, roomlog.ErrDiverged) {
				t.Errorf("of a list that went back: %v", err)
			}
		})
	}
}

// Opening takes as many statements for 200 rooms as for one.
func TestOpeningTakesFewStatements(t *testing.T) {
	w := newWorld(t, &broker.Memory{}, time.Hour)
	ann, bob := w.person("ann"), w.person("bob")
	var rooms []uuid.UUID
	for i := range 200 {
		rooms = append(rooms, w.room(bob, fmt.Sprint("room ", i)))
	}
	after := []string{w.open(ann).Cursor}
	for _, id := range rooms {
		w.join(id, ann)
	}
	for _, id := range rooms {
		after = append(after, w.head(id).Cursor(id))
	}
	reads := func(after []string) int {
		return w.counted(func() {
			opened := w.open(ann, after...)
			if len(opened.Starts)+len(opened.Ended) != 200 {
				t.Errorf("%d rooms, %d ended", len(opened.Starts), len(opened.Ended))
			}
			w.Compare(t.Context(), opened.Starts)
			opened.Set.Compare(t.Context())
		})
	}
	if n := reads(after); n != 4 {
		t.Errorf("200 rooms that did not move were opened by %d statements", n)
	}
	for _, id := range rooms[1:] {
		w.send(bob, id, "moved")
	}
	w.remove(rooms[0], ann)
	if n := reads(after); n != 6 {
		t.Errorf("200 rooms that have moved, and one of others, were opened by %d statements", n)
	}
}

// What ended somebody's reading is found by its index, also where Postgres would read so small a table from end to end.
func TestPlansOfOpening(t *testing.T) {
	w := newWorld(t, &broker.Memory{}, time.Hour)
	ann, bob := w.person("ann"), w.person("bob")
	in := w.room(bob, "in")
	w.join(in, ann)
	var plan []string
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		var detail string
		explain, row := "EXPLAIN QUERY PLAN", []any{new(any), new(any), new(any), &detail}
		if w.store.Shared() {
			explain, row = "EXPLAIN", row[3:]
			if _, err := tx.ExecContext(ctx, "SET LOCAL enable_seqscan = off"); err != nil {
				return err
			}
		}
		rows, err := tx.QueryContext(ctx, fmt.Sprintf(`%s SELECT * FROM room_events e WHERE e.user_id = '%s' AND e.room_id IN ('%s', '%s')
			AND e.kind IN ('MEMBER_LEFT', 'MEMBER_REMOVED') AND e.name IS NOT NULL`, explain, ann.ID, in, uuid.New()))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			if err := rows.Scan(row...); err != nil {
				return err
			}
			plan = append(plan, detail)
		}
		return rows.Err()
	})
	if got := strings.Join(plan, "; "); !strings.Contains(got, "roomevent_user_id_room_id_place") {
		t.Errorf("the plan is %s", got)
	}
}
