package dbtest

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/roomevent"
)

// StartServer starts a server of a test's own.
func StartServer(t testing.TB, flags ...string) *Server {
	t.Helper()
	s, err := NewServer(t.Context(), InMemory, flags...)
	Started(t, err)
	t.Cleanup(s.Remove)
	return s
}

// WantEmpty wants a directory to hold nothing.
func WantEmpty(t testing.TB, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// AddRoom makes a room whose log holds n chats of a user with the name of the room.
func AddRoom(ctx context.Context, tx *ent.Tx, name string, n int) error {
	now, ann, room := time.Now().UTC(), uuid.New(), uuid.New()
	err := errors.Join(
		tx.User.Create().SetID(ann).SetUsername(name).SetUsernameKey(name).SetCreatedAt(now).Exec(ctx),
		tx.Room.Create().SetID(room).SetCreatedBy(ann).SetName(name).SetNameKey(name).SetCreatedAt(now).SetLastAt(now).
			SetLastPlace(int64(n)).SetLastNumber(n).SetLastTag(int64(n)).Exec(ctx))
	for i := 1; i <= n; i++ {
		id := uuid.New()
		err = errors.Join(err,
			tx.RoomEvent.Create().SetRoomID(room).SetPlace(int64(i)).SetNumber(i).SetTag(int64(i)).
				SetKind(roomevent.KindCHAT_SENT).SetAt(now).SetActorID(ann).SetChatID(id).Exec(ctx),
			tx.Chat.Create().SetID(id).SetRoomID(room).SetNumber(i).SetPlace(int64(i)).SetTag(int64(i)).
				SetUserID(ann).SetUsername(name).SetText(strings.Repeat("x", 100)).SetCreatedAt(now).Exec(ctx))
	}
	return err
}
