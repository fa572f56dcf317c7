package chat

import (
	"testing"

	"github.com/google/uuid"

	"parley/db"
	"parley/db/dbtest"
	"parley/ent"
	"parley/ent/roomevent"
)

// BenchmarkCatchUp reads a room of 20,000 chats from its start, as a reader does that was away.
func BenchmarkCatchUp(b *testing.B) {
	const chats = 20_000
	dir := b.TempDir()
	store, err := db.Open(b.Context(), db.Options{URL: dbtest.URL(b, dir), Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	s := New(store, Options{})
	owner, room := uuid.New(), &Room{ID: uuid.New()}
	err = store.Write(b.Context(), func(tx *ent.Tx) error {
		if err := tx.User.Create().SetID(owner).SetUsername("ann").SetUsernameKey("ann").SetCreatedAt(s.now()).Exec(b.Context()); err != nil {
			return err
		}
		return tx.Room.Create().SetID(room.ID).SetOwnerID(owner).SetName("general").SetNameKey("general").SetCreatedAt(s.now()).SetLastAt(s.now()).Exec(b.Context())
	})
	if err != nil {
		b.Fatal(err)
	}
	for range chats / 200 {
		err := store.Write(b.Context(), func(tx *ent.Tx) error {
			what := make([]logged, 200)
			ids := make([]uuid.UUID, len(what))
			for i := range what {
				ids[i] = uuid.New()
				what[i] = logged{kind: roomevent.KindCHAT_SENT, actor: owner, chat: &ids[i]}
			}
			up, err := s.statements.raise(b.Context(), tx, appending{room.ID, what, s.now()})
			if err != nil {
				return err
			}
			rows := make([]*ent.ChatCreate, len(what))
			for i, at := range up.positions {
				rows[i] = tx.Chat.Create().SetID(ids[i]).SetRoomID(room.ID).SetNumber(at.number).SetPlace(at.place).SetTag(at.tag).
					SetUserID(owner).SetUsername("ann").SetText("hello there, this is a chat").SetCreatedAt(up.at)
			}
			return tx.Chat.CreateBulk(rows...).Exec(b.Context())
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		at, more := position{}, true
		var page []*Event
		for more {
			if page, more, err = s.since(b.Context(), room, at); err != nil {
				b.Fatal(err)
			}
			at = page[len(page)-1].position
		}
		if at.number != chats {
			b.Fatalf("reached number %d", at.number)
		}
	}
	b.ReportMetric(float64(chats)*float64(b.N)/b.Elapsed().Seconds(), "chats/s")
}
