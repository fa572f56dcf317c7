package members_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/chat/access"
	"parley/chat/limits"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/db"
	"parley/db/dbtest"
	"parley/db/dbtest/migrated"
	"parley/ent"
	"parley/ent/ban"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/roomevent"
	"parley/ent/user"
	"parley/limit"
)

func TestMain(m *testing.M) { os.Exit(migrated.Main(m)) }

// world is a roster over a real database.
type world struct {
	*members.Roster
	t      testing.TB
	shared members.Shared

	mu     sync.Mutex
	clock  time.Time
	told   []uuid.UUID // in notifications
	purges int

	whenTold func([]uuid.UUID) // called with each notification
}

func newWorld(t testing.TB, change ...func(*members.Shared)) *world {
	t.Helper()
	dir := t.TempDir()
	store, err := db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, clock: time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)}
	committed := func(commits ...roomlog.Commit) {
		for _, c := range commits {
			w.notify(append([]uuid.UUID{c.Room}, c.People...)...)
		}
	}
	w.shared = members.Shared{
		Store: store, Log: roomlog.New(store), Committed: committed, Now: w.now, FindPerson: w.find, Audit: audit.New(nil, nil, audit.OfRooms), Changes: limits.New(limit.Rate{}, 1, w.now), MaxMembers: 5000, MaxRooms: 1000,
	}
	for _, c := range change {
		c(&w.shared)
	}
	w.Roster = newRoster(w)
	return w
}

// newRoster makes one more, as that of another node.
func newRoster(w *world) *members.Roster {
	return members.New(w.shared, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.purges++
	})
}

// now is later with each look.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(time.Millisecond)
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

func (w *world) notify(ids ...uuid.UUID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, ids...)
	if w.whenTold != nil {
		w.whenTold(ids)
	}
}

func (w *world) find(ctx context.Context, nameOrID string) (access.Caller, error) {
	if strings.ContainsRune(nameOrID, 0) { // which Postgres is not asked for
		return access.Caller{}, members.ErrNoPerson
	}
	is := user.UsernameKey(nameOrID)
	if id, err := uuid.Parse(nameOrID); err == nil {
		is = user.ID(id)
	}
	row, err := w.shared.Store.Read.User.Query().Where(is, user.DeletedAtIsNil()).Only(ctx)
	if ent.IsNotFound(err) {
		return access.Caller{}, members.ErrNoPerson
	}
	if err != nil {
		return access.Caller{}, err
	}
	return access.Caller{ID: row.ID, Username: row.Username}, nil
}

// write changes rows behind the roster's back.
func (w *world) write(fn func(context.Context, *ent.Tx) error) {
	w.t.Helper()
	if err := w.shared.Store.Write(w.t.Context(), func(tx *ent.Tx) error { return fn(w.t.Context(), tx) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person(name string) access.Caller {
	w.t.Helper()
	p := access.Caller{ID: uuid.New(), Username: name}
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		return tx.User.Create().SetID(p.ID).SetUsername(name).SetUsernameKey(name).SetCreatedAt(w.now()).Exec(ctx)
	})
	return p
}

// deleteAccount marks an account as deleted, as auth does.
func (w *world) deleteAccount(p access.Caller) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		return tx.User.UpdateOneID(p.ID).SetDeletedAt(w.now()).SetLeaving(true).Exec(ctx)
	})
}

// as is somebody in a room to be made.
type as struct {
	access.Caller
	role access.Role
}

// room makes one with people in it, who have joined in this order.
func (w *world) room(kind room.Kind, in ...as) string {
	w.t.Helper()
	id := uuid.New()
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		name, creator := "room "+id.String(), in[0].ID
		row, err := tx.Room.Create().SetID(id).SetKind(kind).SetCreatedBy(creator).SetName(name).SetNameKey(name).
			SetCreatedAt(w.now()).SetLastAt(w.now()).SetMemberCount(len(in)).Save(ctx)
		for _, p := range in {
			if err == nil {
				_, err = members.Enter(ctx, tx, row, p.ID, p.role, 0, w.now(), 1000)
			}
		}
		return err
	})
	return id.String()
}

// ban keeps somebody out of a room, without an event.
func (w *world) ban(in string, who access.Caller) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		return tx.Ban.Create().SetRoomID(uuid.MustParse(in)).SetUserID(who.ID).SetBannedBy(who.ID).SetCreatedAt(w.now()).Exec(ctx)
	})
}

func (w *world) row(in string) *ent.Room {
	w.t.Helper()
	return must(w.shared.Store.Read.Room.Get(w.t.Context(), uuid.MustParse(in)))(w.t)
}

func (w *world) version(who access.Caller) int64 {
	w.t.Helper()
	return must(w.shared.Store.Read.User.Get(w.t.Context(), who.ID))(w.t).RoomsVersion
}

// events are those of a room's log, as "MEMBER_JOINED bob by ann"; by nobody: "by -".
func (w *world) events(in string) (told []string) {
	w.t.Helper()
	names := map[uuid.UUID]string{uuid.Nil: "-"}
	for _, u := range must(w.shared.Store.Read.User.Query().All(w.t.Context()))(w.t) {
		names[u.ID] = u.Username
	}
	rows := must(w.shared.Store.Read.RoomEvent.Query().Where(roomevent.RoomID(uuid.MustParse(in))).Order(roomevent.ByPlace()).All(w.t.Context()))(w.t)
	for i, e := range rows {
		whom := ""
		if e.UserID != nil {
			whom = " " + *e.Username
			if names[*e.UserID] != *e.Username {
				w.t.Errorf("an event about %s names %s", names[*e.UserID], *e.Username)
			}
		}
		revokes := slices.Contains([]roomevent.Kind{roomevent.KindMEMBER_LEFT, roomevent.KindMEMBER_REMOVED, roomevent.KindROOM_DELETED}, e.Kind)
		if e.Place != int64(i+1) || revokes != (e.Name != nil && *e.Name == "room "+in) {
			w.t.Errorf("event %d of room %s: place %d, %s with the name %v", i+1, in, e.Place, e.Kind, e.Name)
		}
		told = append(told, string(e.Kind)+whom+" by "+names[e.ActorID])
	}
	return told
}

// shown is all that the database has of a room, as a text.
func (w *world) shown(in string) string {
	w.t.Helper()
	id, ctx, read := uuid.MustParse(in), w.t.Context(), w.shared.Store.Read
	var b strings.Builder
	fmt.Fprintln(&b, w.row(in), w.events(in))
	for _, m := range must(read.Member.Query().Where(member.RoomID(id)).Order(member.ByID()).WithUser().All(ctx))(w.t) {
		fmt.Fprintln(&b, m, m.Edges.User.RoomsVersion)
	}
	for _, one := range must(read.Ban.Query().Where(ban.RoomID(id)).Order(ban.ByID()).All(ctx))(w.t) {
		fmt.Fprintln(&b, one)
	}
	return b.String()
}

// roles are who is in a room as what: "ann OWNER, bob MEMBER".
func (w *world) roles(in string) string {
	w.t.Helper()
	rows := must(w.shared.Store.Read.Member.Query().Where(member.RoomID(uuid.MustParse(in))).
		Order(member.ByRole(), member.ByUsernameKey()).WithUser().All(w.t.Context()))(w.t)
	if n := w.row(in).MemberCount; n != len(rows) {
		w.t.Errorf("member_count of room %s is %d, of %d", in, n, len(rows))
	}
	roles := make([]string, len(rows))
	for i, m := range rows {
		roles[i] = m.Edges.User.Username + " " + access.Role(m.Role).String()
	}
	return strings.Join(roles, ", ")
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// outcome is what a call came to, by the code and the reason that a client would be told.
func outcome(err error) string {
	var forbidden *access.ForbiddenError
	var limited *limits.LimitError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &forbidden):
		return strings.TrimSpace("FORBIDDEN " + forbidden.Reason)
	case errors.As(err, &limited):
		return "LIMIT " + limited.Reason
	case errors.Is(err, access.ErrNoRoom):
		return "no room"
	case errors.Is(err, members.ErrNoPerson):
		return "no person"
	case errors.Is(err, members.ErrNoMember):
		return "no member"
	}
	return err.Error()
}

func want(t testing.TB, what string, err error, wanted string) {
	t.Helper()
	if got := outcome(err); got != wanted {
		t.Errorf("%s: %s, want %s", what, got, wanted)
	}
}

func ptr[T any](v T) *T { return &v }
