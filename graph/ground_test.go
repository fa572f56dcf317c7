package graph_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws/wsutil"
	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
	"parley/chat/access"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/member"
)

// gate is a notifier that loses everything while it is shut.
type gate struct {
	broker.Memory
	shut atomic.Bool
}

func (g *gate) Notify(about ...uuid.UUID) {
	if !g.shut.Load() {
		g.Memory.Notify(about...)
	}
}

// A ground is two nodes over one database: one that people read on, and one where everything happens.
type ground struct {
	*testAPI
	t     *testing.T
	gate  *gate
	there *chat.Service
	log   *roomlog.Log
	in    uuid.UUID // the room, which is hidden
}

func newGround(t *testing.T) *ground {
	t.Helper()
	g := &ground{t: t, gate: &gate{}}
	g.testAPI = testAPIWith(t, chat.Options{Notifier: g.gate, HeadsInterval: time.Hour})
	g.in = g.room.ID
	g.there = chat.New(g.store, chat.Options{Notifier: g.gate, HeadsInterval: time.Hour})
	g.log = roomlog.New(g.store)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() { _ = g.there.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	g.write(func(ctx context.Context, tx *ent.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE rooms SET kind = 'PRIVATE'")
		return err
	})
	return g
}

func (g *ground) write(do func(ctx context.Context, tx *ent.Tx) error) {
	g.t.Helper()
	if err := g.store.Write(g.t.Context(), func(tx *ent.Tx) error { return do(g.t.Context(), tx) }); err != nil {
		g.t.Fatal(err)
	}
}

// change appends an event to the room's log, with what belongs to it.
func (g *ground) change(who chat.Caller, kind roomlog.EventKind, with func(context.Context, *ent.Tx, *ent.Room) (*ent.RoomUpdateOne, error)) {
	g.t.Helper()
	var done roomlog.Commit
	g.write(func(ctx context.Context, tx *ent.Tx) error {
		name := tx.Room.GetX(ctx, g.in).Name
		event := roomlog.NewEvent{Kind: kind, Actor: g.owner.ID, Whom: &who, Name: &name}
		r, err := g.log.Append(ctx, tx, roomlog.Addition{Room: g.in, Now: time.Now().UTC(), Events: []roomlog.NewEvent{event}})
		if err != nil {
			return err
		}
		done = r.Commit()
		row, err := with(ctx, tx, r.Room)
		if err != nil {
			return err
		}
		return row.Exec(ctx)
	})
	g.gate.Notify(append(done.People, done.Room)...)
}

func (g *ground) add(who chat.Caller) {
	g.t.Helper()
	g.change(who, roomlog.MemberJoined, func(ctx context.Context, tx *ent.Tx, r *ent.Room) (*ent.RoomUpdateOne, error) {
		_, err := members.Enter(ctx, tx, g.in, who.ID, access.Member, r.LastPlace-1, r.LastAt, 1000)
		return tx.Room.UpdateOneID(g.in).AddMemberCount(1), err
	})
}

func (g *ground) remove(who chat.Caller) {
	g.t.Helper()
	g.change(who, roomlog.MemberRemoved, func(ctx context.Context, tx *ent.Tx, r *ent.Room) (*ent.RoomUpdateOne, error) {
		tx.User.UpdateOneID(who.ID).AddRoomsVersion(1).ExecX(ctx)
		tx.Member.Delete().Where(member.RoomID(g.in), member.UserID(who.ID)).ExecX(ctx)
		return tx.Room.UpdateOneID(g.in).SetRevokedPlace(r.LastPlace).AddAccessVersion(1).AddMemberCount(-1), nil
	})
}

func (g *ground) rename(name string) {
	g.t.Helper()
	g.change(g.owner, roomlog.RoomUpdated, func(_ context.Context, tx *ent.Tx, _ *ent.Room) (*ent.RoomUpdateOne, error) {
		return tx.Room.UpdateOneID(g.in).SetName(name).SetTopic(name), nil
	})
}

func (g *ground) say(text string) string {
	g.t.Helper()
	c, err := g.there.Send(g.t.Context(), g.owner, chat.Draft{Room: g.in.String(), Text: text})
	if err != nil {
		g.t.Fatal(err)
	}
	return c.ID.String()
}

// hide does all that somebody who was removed must not see, to an old chat too.
func (g *ground) hide(secret, old string) {
	g.t.Helper()
	if _, err := g.there.EditChat(g.t.Context(), g.owner, old, secret); err != nil {
		g.t.Fatal(err)
	}
	g.rename(secret)
	g.say(secret)
}

// A person reads on a socket.
type person struct {
	chat.Caller
	t    *testing.T
	conn net.Conn
}

const eventFields = `{ kind cursor username user { username } actor { username } chat { text room { name topic lastChat { text } } } room { id name topic createdAt lastChat { text } } cursors }`

func (g *ground) person(name, subscription string) *person {
	g.t.Helper()
	who := g.register(g.t, name)
	p := &person{Caller: chat.Caller{ID: who.User.ID, Username: name}, t: g.t, conn: g.connect(g.t, string(who.AccessToken))}
	if subscription != "" {
		p.subscribe(subscription)
	}
	return p
}

func (p *person) subscribe(subscription string) {
	p.t.Helper()
	writeMessage(p.t, p.conn, map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": "subscription " + subscription}})
}

// until takes what comes up to a message that has a text, and returns all of it.
func (p *person) until(text string) (all []string) {
	p.t.Helper()
	for {
		if err := p.conn.SetReadDeadline(time.Now().Add(waitLimit)); err != nil {
			p.t.Fatal(err)
		}
		message, err := wsutil.ReadServerText(p.conn)
		if err != nil {
			p.t.Fatalf("%v; before %q came %d messages, at last %v", err, text, len(all), all[max(0, len(all)-2):])
		}
		if all = append(all, string(message)); strings.Contains(string(message), text) {
			return all
		}
	}
}

// wantNone wants no message to have a text.
func wantNone(t *testing.T, messages []string, text string) {
	t.Helper()
	for _, m := range messages {
		if strings.Contains(m, text) {
			t.Errorf("%q is in %s", text, m)
		}
	}
}
