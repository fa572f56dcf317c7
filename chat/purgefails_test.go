package chat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"parley/broker"
	"parley/chat"
	"parley/chat/roomlog"
	"parley/db/dbtest"
)

// spoil makes the database refuse to DELETE, or to INSERT, chats with a text.
func (w *world) spoil(what, text string) {
	w.t.Helper()
	w.refuse(what, "chats", map[string]string{"DELETE": "OLD", "INSERT": "NEW"}[what]+`.text = '`+text+`'`)
}

// refuse makes it refuse to do something to the rows of a table for which a condition holds, until accept is called.
func (w *world) refuse(what, table, when string) (accept func()) {
	w.t.Helper()
	run := func(statements ...string) {
		w.t.Helper()
		for _, statement := range statements {
			if _, err := dbtest.Pool(w.t, w.dir).ExecContext(w.t.Context(), statement); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	if dbtest.OnPostgres() {
		run(`CREATE FUNCTION spoiled() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''spoiled''; END'`,
			`CREATE TRIGGER spoiled BEFORE `+what+` ON `+table+` FOR EACH ROW WHEN (`+when+`) EXECUTE FUNCTION spoiled()`)
		return func() { run(`DROP TRIGGER spoiled ON `+table, `DROP FUNCTION spoiled`) }
	}
	run(`CREATE TRIGGER spoiled BEFORE ` + what + ` ON ` + table + ` WHEN ` + when + ` BEGIN SELECT RAISE(ABORT, 'spoiled'); END`)
	return func() { run(`DROP TRIGGER spoiled`) }
}

// A room whose rows could not be deleted held back all others, for ever.
func TestRoomThatCannotBePurgedHoldsBackNoOther(t *testing.T) {
	const text = "it stays"
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	var rooms []*roomlog.Room
	for i := range 5 {
		rooms = append(rooms, w.room(ann, fmt.Sprint("room ", i)))
		w.fill(ann, rooms[i], 20)
	}
	for _, stuck := range []int{0, 2} {
		w.send(ann, rooms[stuck].ID.String(), text)
	}
	w.spoil("DELETE", text)
	w.stop()
	for _, room := range rooms { // and nobody purges them
		if _, err := w.DeleteRoom(t.Context(), ann, room.ID.String()); err != nil {
			t.Fatal(err)
		}
	}
	failed := make(chan error, 10)
	again, run := chat.New(w.store, chat.Options{Notifier: &broker.Memory{}, OnError: func(err error) { failed <- err }}), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { run <- again.Run(ctx) }()
	err := <-failed // behind the last room
	stop()
	wantErr(t, <-run, nil)
	if !strings.Contains(err.Error(), rooms[0].ID.String()) {
		t.Errorf("it is said: %v", err)
	}
	for i, room := range rooms {
		chats, events := w.left(room.ID)
		if stuck := i == 0 || i == 2; stuck && chats == 0 || !stuck && (chats != 0 || events != 1) {
			t.Errorf("room %d: %d chats and %d events are left", i, chats, events)
		}
	}
}
