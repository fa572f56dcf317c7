package invites_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/invites"
	"parley/ent"
	"parley/ent/serverinvite"
)

func TestWishesThatCannotBe(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		wish          invites.Wish
		field, reason string
	}{
		{invites.Wish{Uses: new(-1)}, "uses", "OUT_OF_RANGE"},
		{invites.Wish{Uses: new(1001)}, "uses", "OUT_OF_RANGE"},
		{invites.Wish{Until: &now}, "until", "OUT_OF_RANGE"},
		{invites.Wish{Until: new(now.Add(999 * time.Microsecond))}, "until", "OUT_OF_RANGE"}, // is stored as now
		{invites.Wish{Until: new(now.AddDate(7970, 0, 0))}, "until", "OUT_OF_RANGE"},
		{invites.Wish{ID: new("junk")}, "id", "ID_INVALID"},
		{invites.Wish{ID: new(uuid.Nil.String())}, "id", "ID_INVALID"},
	} {
		_, err := invites.New(c.wish, uuid.Nil, now)
		var bad *auth.InvalidError
		if !errors.As(err, &bad) || bad.Field != c.field || bad.Reason != c.reason {
			t.Errorf("%+v: %v, want %s %s", c.wish, err, c.field, c.reason)
		}
	}
	for _, c := range []struct{ given, want *int }{{nil, new(1)}, {new(0), nil}, {new(1000), new(1000)}} {
		i, err := invites.New(invites.Wish{Uses: c.given}, uuid.Nil, now)
		if err != nil || (i.Uses == nil) != (c.want == nil) || c.want != nil && (*i.Uses != *c.want || *i.UsesLeft != *c.want) || i.Until != nil {
			t.Errorf("%v: %+v, %v", c.given, i, err)
		}
	}
}

// A call that is sent again answers the invite that is there, as it is by then, also when that has ended. No other call gets its id.
func TestSameIDIsOneInvite(t *testing.T) {
	w := newWorld(t)
	root, peer := w.admin("root"), w.admin("peer")
	for _, by := range []uuid.UUID{root, uuid.Nil} {
		id := uuid.NewString()
		first := w.invite(by, invites.Wish{Uses: new(2), ID: &id})
		for left := 2; left >= 0; left-- {
			again := w.invite(by, invites.Wish{Uses: new(9), Until: new(w.now.Add(time.Hour)), ID: &id})
			if again.ID.String() != id || again.Code != first.Code || *again.Uses != 2 || *again.UsesLeft != left || again.Until != nil || again.CreatedBy != by || !again.CreatedAt.Equal(w.now) {
				t.Errorf("%+v has become %+v", first, again)
			}
			if err := w.use(first); (err == nil) != (left > 0) {
				t.Errorf("with %d left: %v", left, err)
			}
		}
		for _, other := range []uuid.UUID{root, peer, uuid.Nil} {
			if _, err := w.wish(other, invites.Wish{ID: &id}); other != by && !errors.Is(err, auth.ErrIDTaken) {
				t.Errorf("by another: %v", err)
			}
		}
	}
}

// A hundred let somebody in at a time, whoever has made them. What has ended is not counted.
func TestHundredInvitesAtATime(t *testing.T) {
	w := newWorld(t)
	root, gone := w.admin("root"), w.admin("gone")
	brief := w.invite(root, invites.Wish{Until: new(w.now.Add(time.Hour))})
	for i := range 99 {
		w.invite([]uuid.UUID{root, uuid.Nil}[i%2], invites.Wish{})
	}
	refused := func(when string) {
		t.Helper()
		for _, by := range []uuid.UUID{root, uuid.Nil} {
			if _, err := w.wish(by, invites.Wish{}); !errors.Is(err, auth.ErrManyInvites) || !errors.Is(err, auth.ErrLimit) {
				t.Errorf("%s: %v", when, err)
			}
		}
	}
	refused("at first")
	if again := w.invite(root, invites.Wish{ID: new(brief.ID.String())}); again.Code != brief.Code {
		t.Errorf("sent again: %+v", again)
	}
	if err := w.use(brief); err != nil {
		t.Error(err)
	}
	w.invite(gone, invites.Wish{}) // one was used
	refused("when it is replaced")
	w.become(gone, func(row *ent.UserUpdateOne) { row.ClearAdmin() })
	w.invite(root, invites.Wish{})
	refused("when its maker is no admin more")
	if n := len(w.live()); n != 100 {
		t.Errorf("%d are listed", n)
	}
}

// What has ended is swept away with the next one that is made, a day after it was made: until then its maker may send the call again. What
// lets somebody in stays, however old.
func TestEndedInvitesAreSwept(t *testing.T) {
	w := newWorld(t)
	root, gone := w.admin("root"), w.admin("gone")
	left := func() (ids []uuid.UUID) {
		t.Helper()
		ids, err := w.store.Read.ServerInvite.Query().Order(ent.Asc(serverinvite.FieldCreatedAt)).IDs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	next := func(wish invites.Wish, by uuid.UUID) uuid.UUID {
		w.now = w.now.Add(time.Millisecond)
		return w.invite(by, wish).ID
	}
	used := w.invite(root, invites.Wish{})
	lasting, late := next(invites.Wish{Uses: new(0)}, uuid.Nil), next(invites.Wish{Until: new(w.now.Add(time.Hour))}, root)
	orphan := next(invites.Wish{}, gone)
	if err := w.use(used); err != nil {
		t.Error(err)
	}
	w.become(gone, func(row *ent.UserUpdateOne) { row.SetDisabledAt(w.now) })
	w.now = used.CreatedAt.Add(24 * time.Hour)
	young := w.invite(root, invites.Wish{Until: new(w.now.Add(time.Millisecond))}).ID
	if got := left(); !slices.Equal(got, []uuid.UUID{used.ID, lasting, late, orphan, young}) {
		t.Errorf("within a day: %v", got)
	}
	w.now = w.now.Add(time.Minute) // behind which young has ended, and is young
	newest := w.invite(uuid.Nil, invites.Wish{}).ID
	if got := left(); !slices.Equal(got, []uuid.UUID{lasting, young, newest}) {
		t.Errorf("behind it: %v", got)
	}
	if err := w.write(func(ctx context.Context, tx *ent.Tx) error { return invites.Delete(ctx, tx, used.ID) }); !errors.Is(err, auth.ErrNoInvite) {
		t.Errorf("what was swept is ended: %v", err)
	}
}
