package enrol_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat/enrol"
	"parley/db"
	"parley/db/dbtest"
	"parley/db/dbtest/migrated"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/roomevent"
	"parley/rounds"
)

func TestMain(m *testing.M) { os.Exit(migrated.Main(m)) }

// fixture is a database.
type fixture struct {
	t      *testing.T
	dir    string
	store  *db.Store
	writes atomic.Int32 // statements that wrote members
	mu     sync.Mutex
	lefts  []int          // rooms that wait, as was told
	locked map[string]int // people, by the transaction that wrote their rows
}

// lock is a statement that writes the row of a person, with the name of its transaction.
var lock = regexp.MustCompile("^(Tx\\([^)]+\\)).* query=UPDATE [`\"]users")

func openFixture(t *testing.T, dir string) *fixture {
	t.Helper()
	f := &fixture{t: t, dir: dir, locked: map[string]int{}}
	store, err := db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir, Trace: func(_ context.Context, s any) {
		if text := strings.NewReplacer("`", "", `"`, "").Replace(fmt.Sprint(s)); strings.Contains(text, "INSERT INTO members") {
			f.writes.Add(1)
		}
		if in := lock.FindStringSubmatch(fmt.Sprint(s)); in != nil {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.locked[in[1]]++
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	f.store = store
	return f
}

func (f *fixture) enrol(ctx context.Context) {
	var e *enrol.Enroller
	e = enrol.New(f.store, func(left int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.lefts = append(f.lefts, left); e.Left() != left {
			f.t.Errorf("%d rooms wait, and it is told that %d do", e.Left(), left)
		}
	}, func(err error) { f.t.Error(err) })
	e.Run(ctx)
}

func (f *fixture) write(change func(tx *ent.Tx) error) {
	f.t.Helper()
	if err := f.store.Write(f.t.Context(), change); err != nil {
		f.t.Fatal(err)
	}
}

// members are those of a room, the first to have joined first: names, with * for its owner.
func (f *fixture) members(name string) string {
	f.t.Helper()
	in, err := f.store.Read.Room.Query().Where(room.Name(name)).Only(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	rows, err := f.store.Read.Member.Query().Where(member.RoomID(in.ID)).WithUser().Order(ent.Asc(member.FieldJoinedAt, member.FieldUsernameKey)).All(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	if in.MemberCount != len(rows) || in.Enrolling != nil {
		f.t.Errorf("%s has %d members, says %d, and waits: %v", name, len(rows), in.MemberCount, in.Enrolling)
	}
	var names []string
	for _, row := range rows {
		if row.UsernameKey != row.Edges.User.UsernameKey {
			f.t.Errorf("%s is %q", row.Edges.User.Username, row.UsernameKey)
		}
		names = append(names, row.Edges.User.Username+map[int]string{0: "*", 2: ""}[row.Role])
	}
	return strings.Join(names, " ")
}

// Who has sent to rooms of the first release is in them, from their first chat on, and has nothing to read; nothing is told.
func TestReleasedRoomsAreEnrolled(t *testing.T) {
	dir := t.TempDir()
	dbtest.Release(t, dir)
	f := openFixture(t, dir)
	events, err := f.store.Read.RoomEvent.Query().Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.enrol(t.Context())
	for name, want := range map[string]string{
		"general": "Ann* bob Cleo Größe Анна", "left by its owner": "Cleo* bob Ann", "left by all": "", "Große Pause": "bob*",
		"silent": "Ann*", "never used": "", "": "",
	} {
		if got := f.members(name); got != want {
			t.Errorf("in %q are %s, want %s", name, got, want)
		}
	}
	rows, err := f.store.Read.Member.Query().Where(member.Role(2)).WithRoom().WithUser().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range rows {
		first, err := f.store.Read.Chat.Query().Where(chat.RoomID(m.RoomID), chat.UserID(m.UserID)).Order(ent.Asc(chat.FieldNumber)).First(t.Context())
		if err != nil || !m.JoinedAt.Equal(first.CreatedAt) || m.JoinedPlace != m.Edges.Room.LastPlace || m.LastRead != m.Edges.Room.LastNumber || m.JoinedVersion < 1 {
			t.Errorf("%s joined %s at %v, place %d; first %v, %v", m.Edges.User.Username, m.Edges.Room.Name, m.JoinedAt, m.JoinedPlace, first, err)
		}
	}
	versions := map[string]int64{"Ann": 1, "bob": 2, "Cleo": 1, "Größe": 1, "Анна": 1}
	people, err := f.store.Read.User.Query().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		if p.RoomsVersion != versions[p.Username] {
			t.Errorf("%s has version %d", p.Username, p.RoomsVersion)
		}
	}
	if len(f.lefts) != 2 || f.lefts[0] < 4 || f.lefts[1] != 0 {
		t.Errorf("told that %v rooms wait", f.lefts)
	}
	if n, err := f.store.Read.RoomEvent.Query().Count(t.Context()); err != nil || n != events {
		t.Errorf("%d events, %v; there were %d", n, err, events)
	}
	before := f.writes.Load()
	if f.enrol(t.Context()); f.writes.Load() != before || len(f.lefts) != 2 {
		t.Errorf("once more it writes members, and tells %v", f.lefts)
	}
}

// oldRoom makes a room that waits to be enrolled, to which people have sent in turn, each several times.
func (f *fixture) oldRoom(name string, people, chats int) (in uuid.UUID, who []uuid.UUID) {
	f.t.Helper()
	ctx := f.t.Context()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	f.write(func(tx *ent.Tx) error {
		in, who = uuid.New(), nil
		for i := range people {
			who = append(who, uuid.New())
			called := fmt.Sprintf("%s %05d", name, i)
			if err := tx.User.Create().SetID(who[i]).SetUsername(called).SetUsernameKey(called).SetCreatedAt(now).Exec(ctx); err != nil {
				return err
			}
		}
		return tx.Room.Create().SetID(in).SetCreatedBy(who[0]).SetName(name).SetNameKey(name).SetCreatedAt(now).SetLastAt(now).SetEnrolling(true).Exec(ctx)
	})
	pool := dbtest.Pool(f.t, f.dir)
	if err := dbtest.Fill(ctx, pool, in, who[0], chats); err != nil {
		f.t.Fatal(err)
	}
	of := "?1"
	if dbtest.OnPostgres() {
		of = "$1"
	}
	for _, table := range []struct{ name, person, number string }{{"chats", "user_id", "number"}, {"room_events", "actor_id", "place"}} {
		_, err := pool.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET %s = (SELECT u.id FROM users u WHERE u.username = '%s ' || substr('00000' || ((%s - 1) %% %d), length('00000' || ((%s - 1) %% %d)) - 4)) WHERE room_id = %s`,
			table.name, table.person, name, table.number, people, table.number, people, of), in.String())
		if err != nil {
			f.t.Fatal(err)
		}
	}
	return in, who
}

// Whoever has left, was removed or is banned since, has no account or is in it stays as they are. Where nobody is in the room,
// its owner's account gone since the upgrade, the first to have sent owns it.
func TestWhoIsNotEnrolled(t *testing.T) {
	f := openFixture(t, t.TempDir())
	in, who := f.oldRoom("general", 7, 70)
	f.write(func(tx *ent.Tx) error {
		for i, kind := range map[int]roomevent.Kind{1: roomevent.KindMEMBER_LEFT, 2: roomevent.KindMEMBER_REMOVED} {
			err := tx.RoomEvent.Create().SetRoomID(in).SetPlace(int64(70 + i)).SetNumber(70).SetTag(int64(i)).SetKind(kind).SetAt(time.Now().UTC()).
				SetActorID(who[0]).SetUserID(who[i]).SetUsername("x").SetName("general").Exec(t.Context())
			if err != nil {
				return err
			}
		}
		if err := tx.Ban.Create().SetRoomID(in).SetUserID(who[3]).SetBannedBy(who[0]).SetCreatedAt(time.Now().UTC()).Exec(t.Context()); err != nil {
			return err
		}
		for _, i := range []int{0, 4} {
			if err := tx.User.UpdateOneID(who[i]).SetDeletedAt(time.Now().UTC()).Exec(t.Context()); err != nil {
				return err
			}
		}
		return tx.Room.UpdateOneID(in).SetLastPlace(72).SetLastTag(2).Exec(t.Context())
	})
	f.enrol(t.Context())
	if got := f.members("general"); got != "general 00005* general 00006" {
		t.Errorf("in it are %s", got)
	}
}

// A deleted room is done at once.
func TestDeletedRoomsAreNotEnrolled(t *testing.T) {
	f := openFixture(t, t.TempDir())
	in, _ := f.oldRoom("general", 3, 30)
	f.write(func(tx *ent.Tx) error {
		return tx.Room.UpdateOneID(in).SetDeletedAt(time.Now().UTC()).Exec(t.Context())
	})
	if f.enrol(t.Context()); f.members("general") != "" {
		t.Errorf("in it are %s", f.members("general"))
	}
}

// A room of very many chats and people is done in small parts. It is interrupted, goes on after a restart, on two nodes at once,
// and everybody is in it once.
func TestManyChatsAreEnrolledInParts(t *testing.T) {
	const people = 700
	f := openFixture(t, t.TempDir())
	in, _ := f.oldRoom("large", people, rounds.Of(t, 20_000, 1_000_000))
	f.oldRoom("small", 3, 30)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); f.enrol(ctx) }()
	count := func() int {
		n, err := f.store.Read.Member.Query().Where(member.RoomID(in)).Count(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for end := time.Now().Add(5 * time.Minute); count() == 0; {
		if time.Now().After(end) {
			t.Fatal("nobody is enrolled")
		}
	}
	stop()
	<-ended
	if n := count(); n == people {
		t.Errorf("all were enrolled before it could be interrupted")
	}
	var nodes sync.WaitGroup
	for range 2 {
		nodes.Go(func() { f.enrol(t.Context()) })
	}
	nodes.Wait()
	got := strings.Split(strings.ReplaceAll(f.members("large"), "large ", ""), " ")
	if len(got) != people || got[0] != "00000*" || !slices.IsSorted(got) {
		t.Errorf("%d members: %.200s", len(got), got)
	}
	if small := f.members("small"); strings.Count(small, "small") != 3 {
		t.Errorf("in the other room are %s", small)
	}
	if n := f.writes.Load(); n < people/128+2 {
		t.Errorf("all were written in %d statements", n)
	}
	written := 0
	for tx, n := range f.locked {
		written += n
		if rows := 2*n + 1; rows > 500 { // each as a person and as a member, and the room
			t.Errorf("%s wrote %d rows", tx, rows)
		}
	}
	if written != people+3 {
		t.Errorf("%d people were written in %d transactions", written, len(f.locked))
	}
}
