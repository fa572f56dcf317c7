package members_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/members"
	"parley/ent"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/roomevent"
	"parley/rounds"
)

// storm is people who do all they may to each other, on two nodes.
type storm struct {
	*world
	nodes  []*members.Roster
	people []access.Caller
	in     string
}

// act does one thing, whatever it comes to. It says what nobody expects.
func (s *storm) act(ctx context.Context, by access.Caller) error {
	node, whom := s.nodes[rand.IntN(len(s.nodes))], s.people[rand.IntN(len(s.people))]
	role := access.Role(rand.IntN(3))
	var err error
	switch rand.IntN(9) {
	case 0, 1:
		_, err = node.JoinRoom(ctx, by, s.in)
	case 2, 3:
		_, err = node.LeaveRoom(ctx, by, s.in)
	case 4:
		_, err = node.AddMember(ctx, by, s.in, whom.ID.String(), &role)
	case 5:
		_, err = node.RemoveMember(ctx, by, s.in, whom.ID.String())
	case 6, 7:
		_, err = node.SetRole(ctx, by, s.in, whom.ID.String(), role)
	case 8:
		if _, err = node.BanMember(ctx, by, s.in, whom.ID.String(), nil, nil); err == nil {
			_, err = node.UnbanMember(ctx, by, s.in, whom.ID.String())
		}
	}
	if got := outcome(err); slices.Contains([]string{"ok", "no room", "no person", "no member"}, got) || strings.HasPrefix(got, "FORBIDDEN") {
		return nil
	}
	return err
}

// owned says what is wrong with who is in the room, at any moment.
func (s *storm) owned(ctx context.Context) error {
	return s.shared.Store.View(ctx, func(db *ent.Client) error {
		in, err := db.Room.Get(ctx, uuid.MustParse(s.in))
		if err != nil {
			return err
		}
		rows, err := db.Member.Query().Where(member.RoomID(in.ID)).Order(member.ByRole()).All(ctx)
		if err != nil {
			return err
		}
		if in.DeletedAt == nil && (len(rows) != in.MemberCount || len(rows) > 0 && access.Role(rows[0].Role) != access.Owner) {
			return fmt.Errorf("of %d members the first is %v", in.MemberCount, rows)
		}
		return nil
	})
}

// replay reads the log as a set of people, as clients do, and compares what it comes to with who is in the room, and how often
// each came or went with their lists of rooms.
func (s *storm) replay(began []as) {
	s.t.Helper()
	s.events(s.in) // at places without holes
	in, moves, now := map[uuid.UUID]bool{}, map[uuid.UUID]int64{}, map[uuid.UUID]bool{}
	for _, p := range began {
		in[p.ID], moves[p.ID] = true, 1
	}
	log := must(s.shared.Store.Read.RoomEvent.Query().Where(roomevent.RoomID(uuid.MustParse(s.in))).Order(roomevent.ByPlace()).All(s.t.Context()))(s.t)
	for _, e := range log {
		switch e.Kind {
		case roomevent.KindROOM_DELETED:
			continue
		case roomevent.KindMEMBER_REMOVED: // in a public room also of who was not in it
		default:
			if in[*e.UserID] != (e.Kind != roomevent.KindMEMBER_JOINED) {
				s.t.Errorf("%s at %d of who is in it: %v", e.Kind, e.Place, in[*e.UserID])
			}
		}
		if is := e.Kind == roomevent.KindMEMBER_JOINED || e.Kind == roomevent.KindMEMBER_CHANGED; is != in[*e.UserID] {
			in[*e.UserID] = is
			moves[*e.UserID]++
		}
	}
	for _, m := range must(s.shared.Store.Read.Member.Query().Where(member.RoomID(uuid.MustParse(s.in))).All(s.t.Context()))(s.t) {
		now[m.UserID] = true
	}
	for _, p := range s.people {
		if in[p.ID] != now[p.ID] || moves[p.ID] != s.version(p) {
			s.t.Errorf("%s is in it: %v, by the log %v; their list is %d, by the log %d", p.Username, now[p.ID], in[p.ID], s.version(p), moves[p.ID])
		}
	}
}

// Whatever people do to each other at once, while accounts are deleted: a room with members has an owner at any moment, the
// counts are right, and the log says who is there. (Standings that are read before the lock turn this red.)
func TestStorm(t *testing.T) {
	w := newWorld(t)
	for round := range rounds.Of(t, 8, 80) {
		s := &storm{world: w, nodes: []*members.Roster{w.Roster, newRoster(w)}}
		var began []as
		for i := range 7 {
			p := w.person(fmt.Sprintf("person%d-%d", round, i))
			s.people = append(s.people, p)
			if i < 6 {
				began = append(began, as{p, access.Role(i / 2)})
			}
		}
		s.in = w.room([]room.Kind{room.KindPUBLIC, room.KindPRIVATE}[round%2], began...)
		s.run(2 + round%4)
		w.leaveAll()
		if err := s.owned(t.Context()); err != nil || w.leaving() {
			t.Errorf("round %d, at the end: %v; somebody is leaving: %v", round, err, w.leaving())
		}
		s.replay(began)
		if t.Failed() {
			t.Fatalf("round %d: %v", round, w.events(s.in))
		}
	}
}

// run has all act at once, and deletes some of their accounts.
func (s *storm) run(deleted int) {
	ctx, stop := context.WithCancel(s.t.Context())
	defer stop()
	var acting, watching sync.WaitGroup
	for i, p := range s.people {
		acting.Go(func() {
			for range 12 {
				if err := s.act(ctx, p); err != nil {
					s.t.Error(err)
				}
			}
			if i < deleted {
				s.deleteAccount(p)
				for n := range s.nodes {
					if err := members.NewLeaver(s.nodes[n], nil).LeaveAll(ctx); err != nil {
						s.t.Error(err)
					}
				}
			}
		})
	}
	watching.Go(func() {
		for ctx.Err() == nil {
			if err := s.owned(ctx); err != nil && ctx.Err() == nil {
				s.t.Error(err)
				return
			}
		}
	})
	acting.Wait()
	stop()
	watching.Wait()
}
