package chat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/ent"
	"parley/ent/mention"
	"parley/ent/reaction"
)

// Reactions and mentions of a deleted room go too. Those to one chat are so many that they go in parts, before the chat: its own
// deletion would take all in one transaction.
func TestReactionsOfADeletedRoomArePurged(t *testing.T) {
	const n = 1000
	var deletes atomic.Int64
	w := traceWorld(t, t.TempDir(), chat.Options{OnError: func(err error) { t.Error(err) }}, func(_ context.Context, s any) {
		if text := fmt.Sprint(s); strings.Contains(text, "DELETE FROM") && strings.Contains(text, "reactions") {
			deletes.Add(1)
		}
	})
	ann := w.person("ann")
	gone, kept := w.room(ann, "gone"), w.room(ann, "kept")
	now := time.Now().UTC()
	for _, in := range []uuid.UUID{gone.ID, kept.ID} {
		first := w.send(ann, in.String(), "hello")
		second := w.send(ann, in.String(), "again")
		w.write(func(tx *ent.Tx) error {
			err := errors.Join(
				tx.Mention.Create().SetRoomID(in).SetNumber(1).SetChatID(first.ID).SetUserID(ann.ID).SetAnswers(false).SetSentAt(now).Exec(t.Context()),
				tx.Reaction.Create().SetRoomID(in).SetChatID(second.ID).SetUserID(ann.ID).SetEmoji("x").SetPlace(1).Exec(t.Context()))
			for i := range n {
				err = errors.Join(err, tx.Reaction.Create().SetRoomID(in).SetChatID(first.ID).SetUserID(ann.ID).SetEmoji(fmt.Sprint(i)).SetPlace(1).Exec(t.Context()))
			}
			return err
		})
	}
	if _, err := w.DeleteRoom(t.Context(), ann, "gone"); err != nil {
		t.Fatal(err)
	}
	w.awaitPurged(gone.ID)
	reactions, err1 := w.store.Read.Reaction.Query().Where(reaction.RoomID(kept.ID)).Count(t.Context())
	all, err2 := w.store.Read.Reaction.Query().Count(t.Context())
	mentions, err3 := w.store.Read.Mention.Query().Where(mention.RoomID(kept.ID)).Count(t.Context())
	mentioned, err4 := w.store.Read.Mention.Query().Count(t.Context())
	if reactions != n+1 || all != n+1 || mentions != 1 || mentioned != 1 {
		t.Errorf("left are %d reactions, %d of the other room, and %d and %d mentions: %v", all, reactions, mentioned, mentions, errors.Join(err1, err2, err3, err4))
	}
	if got := deletes.Load(); got < n/128 {
		t.Errorf("all went in %d statements", got)
	}
}
