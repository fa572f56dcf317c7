package db

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/db/dbtest"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/roomevent"
)

// A chat that cannot be given an id is no reason not to start: it is tried again at the next.
func TestStartWithANilIDThatStays(t *testing.T) {
	o := Options{URL: "sqlite:parley.db", Dir: t.TempDir()}
	s := open(t, o.Dir)
	err := s.Write(t.Context(), func(tx *ent.Tx) error {
		if err := dbtest.AddRoom(t.Context(), tx, "general", 3); err != nil {
			return err
		}
		_, err := tx.ExecContext(t.Context(), `UPDATE chats SET id = ? WHERE number = 2; UPDATE room_events SET chat_id = ? WHERE number = 2`, uuid.Nil, uuid.Nil)
		return err
	})
	if err == nil {
		_, err = s.pools.write.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE UPDATE ON chats BEGIN SELECT RAISE(ABORT, 'full'); END`)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	nils := func() (chats, events int) {
		t.Helper()
		var said bytes.Buffer
		o.Logger = slog.New(slog.NewTextHandler(&said, nil))
		s, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		chats, err = s.Read.Chat.Query().Where(chat.ID(uuid.Nil)).Count(t.Context())
		if err == nil {
			events, err = s.Read.RoomEvent.Query().Where(roomevent.ChatID(uuid.Nil)).Count(t.Context())
		}
		if strings.Contains(said.String(), "nil UUID") != (chats > 0) {
			t.Errorf("%d chats, and the log says %q", chats, said.String())
		}
		if chats == 1 {
			_, stays := s.pools.write.ExecContext(t.Context(), `DROP TRIGGER full`)
			err = errors.Join(err, stays)
		}
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		return chats, events
	}
	if chats, events := nils(); chats != 1 || events != 1 {
		t.Errorf("half of it was done: %d chats, %d events", chats, events)
	}
	if chats, events := nils(); chats != 0 || events != 0 {
		t.Errorf("the next start leaves %d chats, %d events", chats, events)
	}
}
