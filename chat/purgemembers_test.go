package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/ent"
	"parley/ent/member"
)

// Members, bans and invites of a deleted room go too, in parts, and those of other rooms stay.
func TestPeopleOfADeletedRoomArePurged(t *testing.T) {
	const n = 300
	var deletes atomic.Int32
	w := traceWorld(t, t.TempDir(), chat.Options{OnError: func(err error) { t.Error(err) }}, func(_ context.Context, s any) {
		if text := fmt.Sprint(s); strings.Contains(text, "DELETE FROM") && (strings.Contains(text, "members") || strings.Contains(text, "bans") || strings.Contains(text, "invites")) {
			deletes.Add(1)
		}
	})
	ann := w.person("ann")
	gone, kept := w.room(ann, "gone"), w.room(ann, "kept")
	now := time.Now().UTC()
	w.write(func(tx *ent.Tx) error {
		for i := range n {
			id, name := uuid.New(), fmt.Sprint("person ", i)
			if err := tx.User.Create().SetID(id).SetUsername(name).SetUsernameKey(name).SetCreatedAt(now).Exec(t.Context()); err != nil {
				return err
			}
			for _, in := range []uuid.UUID{gone.ID, kept.ID} {
				err := tx.Member.Create().SetID(uuid.New()).SetRoomID(in).SetUserID(id).SetRole(2).SetUsernameKey(name).SetJoinedPlace(0).SetJoinedAt(now).Exec(t.Context())
				if err == nil {
					err = tx.Ban.Create().SetRoomID(in).SetUserID(id).SetBannedBy(ann.ID).SetCreatedAt(now).Exec(t.Context())
				}
				if err == nil {
					err = tx.Invite.Create().SetID(uuid.New()).SetRoomID(in).SetCreatedBy(ann.ID).SetCode(fmt.Sprint(in, i)).SetCreatedAt(now).Exec(t.Context())
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if _, err := w.DeleteRoom(t.Context(), ann, "gone"); err != nil {
		t.Fatal(err)
	}
	w.awaitPurged(gone.ID)
	members, err1 := w.store.Read.Member.Query().Where(member.RoomID(kept.ID)).Count(t.Context())
	all, err2 := w.store.Read.Member.Query().Count(t.Context())
	bans, err3 := w.store.Read.Ban.Query().Count(t.Context())
	invites, err4 := w.store.Read.Invite.Query().Count(t.Context())
	if members != n+1 || all != n+1 || bans != n || invites != n {
		t.Errorf("left are %d members, %d of the other room, %d bans, %d invites: %v %v %v %v", all, members, bans, invites, err1, err2, err3, err4)
	}
	if got := deletes.Load(); got < 3*n/128 {
		t.Errorf("all went in %d statements", got)
	}
}
