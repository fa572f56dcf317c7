package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/queue"
	"parley/ent"
	"parley/ent/member"
	"parley/ent/roomevent"
)

// strangers judges everybody to be a newcomer who may join, but for those who are refused.
func strangers(refuse func(*queue.Send) bool) queue.Options {
	return queue.Options{MaxMembers: 100, MaxRooms: 100, MaySend: func(_ context.Context, tx *ent.Tx, in *ent.Room, sends []*queue.Send) ([]queue.Verdict, error) {
		verdicts := make([]queue.Verdict, len(sends))
		for i, s := range sends {
			there, err := tx.Member.Query().Where(member.RoomID(in.ID), member.UserID(s.UserID)).Exist(context.Background())
			if err != nil {
				return nil, err
			}
			if verdicts[i].Joins = !there; refuse(s) {
				verdicts[i] = queue.Verdict{Refused: errRefused}
			}
		}
		return verdicts, nil
	}}
}

func nobody(*queue.Send) bool { return false }

// log is a room's: for each event who, and + for a joining, with its place and number, which have no holes; then the members.
func (f *fixture) log(of uuid.UUID) string {
	f.t.Helper()
	names := map[uuid.UUID]string{f.ann: "ann", f.bob: "bob"}
	row, err := f.store.Read.Room.Get(f.t.Context(), of)
	if err != nil {
		f.t.Fatal(err)
	}
	log, err := f.store.Read.RoomEvent.Query().Where(roomevent.RoomID(of)).Order(ent.Asc(roomevent.FieldPlace)).All(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	var said strings.Builder
	number := 0
	var tag int64
	for i, e := range log {
		plus := "+"
		if e.Kind == roomevent.KindCHAT_SENT {
			plus, number = "", number+1
		}
		if e.Place != int64(i+1) || e.Number != number {
			f.t.Errorf("event %d has place %d and number %d", i+1, e.Place, e.Number)
		}
		fmt.Fprint(&said, plus, names[e.ActorID], " ")
		tag = e.Tag
	}
	in, err := f.store.Read.Member.Query().Where(member.RoomID(of)).Count(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	if row.LastPlace != int64(len(log)) || row.LastNumber != number || row.LastTag != tag || row.MemberCount != in {
		f.t.Errorf("%d events, %d chats, %d members, room %v", len(log), number, in, row)
	}
	return strings.TrimSpace(said.String())
}

func (f *fixture) version(of uuid.UUID) int64 {
	f.t.Helper()
	row, err := f.store.Read.User.Get(f.t.Context(), of)
	if err != nil {
		f.t.Fatal(err)
	}
	return row.RoomsVersion
}

// Several sends of a newcomer in one transaction join them once, before the first that is kept; who is refused does not join, nor
// does who repeats a known id.
func TestNewcomersJoinOnce(t *testing.T) {
	var first uuid.UUID
	f := newFixture(t, strangers(func(s *queue.Send) bool { return s.ID == first }))
	sends := []queue.Send{f.send(f.bob), f.send(f.ann), f.send(f.bob), f.send(f.ann), f.send(f.bob)}
	first = sends[0].ID
	sends[3].ID = sends[1].ID
	_, errs := f.together(sends...)
	if !errors.Is(errs[0], errRefused) || errors.Join(errs[1:]...) != nil {
		t.Error(errs)
	}
	if got := f.log(f.room); got != "+ann ann +bob bob bob" {
		t.Error(got)
	}
	one := f.send(f.bob)
	one.ID, one.Chosen = sends[1].ID, true
	if _, err := f.Store(t.Context(), &one); !errors.Is(err, queue.ErrIDTaken) {
		t.Error(err)
	}
	if got := f.log(f.room); got != "+ann ann +bob bob bob" || f.version(f.bob) != 1 || f.version(f.ann) != 1 {
		t.Error(got)
	}
}

// A newcomer in two rooms of one transaction joins both, and as many as there is room for in their list; what was
// counted for the others is taken back. With one id for both, only the first has it, and is joined.
func TestNewcomersJoinAsFarAsThereIsRoom(t *testing.T) {
	for _, c := range []struct {
		name           string
		members, rooms int
		sameID         bool
		first, second  string
		version        int64
	}{
		{"both", 100, 100, false, "+bob bob", "+bob bob", 2},
		{"one", 100, 1, false, "+bob bob", "bob", 1},
		{"none", 100, 0, false, "bob", "bob", 0},
		{"full", 0, 100, false, "bob", "bob", 0},
		{"one id", 100, 100, true, "+bob bob", "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := strangers(nobody)
			o.MaxMembers, o.MaxRooms = c.members, c.rooms
			f := newFixture(t, o)
			other := f.room // of the same lane, and behind it
			copy(other[:], uuid.Max[:8])
			err := f.store.Write(t.Context(), func(tx *ent.Tx) error {
				return tx.Room.Create().SetID(other).SetCreatedBy(f.ann).SetName("other").SetNameKey("other").SetCreatedAt(f.made).SetLastAt(f.made).Exec(t.Context())
			})
			if err != nil {
				t.Fatal(err)
			}
			one, two := f.send(f.bob), f.send(f.bob)
			if two.Room = other; c.sameID {
				two.ID = one.ID
			}
			_, errs := f.together(two, one)
			if errs[1] != nil || errors.Is(errs[0], queue.ErrIDTaken) != c.sameID {
				t.Error(errs)
			}
			if first, second := f.log(f.room), f.log(other); first != c.first || second != c.second {
				t.Errorf("%q and %q", first, second)
			}
			if v := f.version(f.bob); v != c.version {
				t.Errorf("version %d", v)
			}
		})
	}
}

// Whose account is deleted while they join sends nothing, and the others of the transaction are stored.
func TestDeletedAccountSendsNothing(t *testing.T) {
	f := newFixture(t, strangers(nobody))
	err := f.store.Write(t.Context(), func(tx *ent.Tx) error {
		return tx.User.UpdateOneID(f.bob).SetDeletedAt(f.made).Exec(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	_, errs := f.together(f.send(f.bob), f.send(f.ann), f.send(f.bob))
	if !errors.Is(errs[0], access.ErrForbidden) || errs[1] != nil || !errors.Is(errs[2], access.ErrForbidden) {
		t.Error(errs)
	}
	if got := f.log(f.room); got != "+ann ann" || f.version(f.bob) != 0 {
		t.Error(got)
	}
}
