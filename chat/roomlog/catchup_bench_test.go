package roomlog

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/db"
	"parley/db/dbtest"
	"parley/ent"
)

// BenchmarkCatchUp reads a room of 20,000 chats from its start, as a reader does that was away.
func BenchmarkCatchUp(b *testing.B) {
	const chats = 20_000
	dir := b.TempDir()
	store, err := db.Open(b.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(b, dir), Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	l, now := New(store), time.Now().UTC().Truncate(time.Millisecond)
	owner, room := uuid.New(), &Room{ID: uuid.New()}
	err = store.Write(b.Context(), func(tx *ent.Tx) error {
		if err := tx.User.Create().SetID(owner).SetUsername("ann").SetUsernameKey("ann").SetCreatedAt(now).Exec(b.Context()); err != nil {
			return err
		}
		return tx.Room.Create().SetID(room.ID).SetCreatedBy(owner).SetName("general").SetNameKey("general").SetCreatedAt(now).SetLastAt(now).Exec(b.Context())
	})
	if err != nil {
		b.Fatal(err)
	}
	for range chats / 200 {
		err := store.Write(b.Context(), func(tx *ent.Tx) error {
			events := make([]NewEvent, 200)
			for i := range events {
				id := uuid.New()
				events[i] = NewEvent{Kind: ChatSent, Actor: owner, Chat: &id}
			}
			r, err := l.Append(b.Context(), tx, Addition{room.ID, events, now})
			if err != nil {
				return err
			}
			rows := make([]*ent.Chat, len(events))
			for i, e := range r.Events {
				rows[i] = &ent.Chat{
					ID: *e.ChatID, RoomID: room.ID, Number: e.Number, Place: e.Place, Tag: e.Tag,
					UserID: owner, Username: "ann", Text: "hello there, this is a chat", CreatedAt: now,
				}
			}
			return l.WriteChats(b.Context(), tx, rows)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		at, more := Position{}, true
		var page []*Event
		for more {
			if page, more, err = l.Since(b.Context(), room, at); err != nil {
				b.Fatal(err)
			}
			at = page[len(page)-1].position
		}
		if at.Place != chats {
			b.Fatalf("reached place %d", at.Place)
		}
	}
	b.ReportMetric(float64(chats)*float64(b.N)/b.Elapsed().Seconds(), "chats/s")
}
