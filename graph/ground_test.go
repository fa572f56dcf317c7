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
	"parley/ent"
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
	in    uuid.UUID // the room, which is hidden
}

func newGround(t *testing.T) *ground {
	t.Helper()
	g := &ground{t: t, gate: &gate{}}
	g.testAPI = testAPIWith(t, chat.Options{Notifier: g.gate, HeadsInterval: time.Hour})
	g.in = g.room.ID
	g.there = chat.New(g.store, chat.Options{Notifier: g.gate, HeadsInterval: time.Hour, FindPerson: g.find})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() { _ = g.there.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	err := g.store.Write(t.Context(), func(tx *ent.Tx) error {
		_, err := tx.ExecContext(t.Context(), "UPDATE rooms SET kind = 'PRIVATE'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// find is how rooms find people.
func (g *ground) find(ctx context.Context, nameOrID string) (chat.Caller, error) {
	u, err := g.auth.UserByNameOrID(ctx, nameOrID)
	if err != nil {
		return chat.Caller{}, err
	}
	return chat.Caller{ID: u.ID, Username: u.Username}, nil
}

func (g *ground) add(who chat.Caller) {
	g.t.Helper()
	if _, err := g.there.AddMember(g.t.Context(), g.owner, g.in.String(), who.ID.String(), nil); err != nil {
		g.t.Fatal(err)
	}
}

func (g *ground) remove(who chat.Caller) {
	g.t.Helper()
	if _, err := g.there.RemoveMember(g.t.Context(), g.owner, g.in.String(), who.ID.String()); err != nil {
		g.t.Fatal(err)
	}
}

func (g *ground) rename(name string) {
	g.t.Helper()
	topic := &name
	if _, err := g.there.UpdateRoom(g.t.Context(), g.owner, g.in.String(), chat.RoomChange{Name: &name, Topic: &topic}); err != nil {
		g.t.Fatal(err)
	}
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
	if _, err := g.there.EditChat(g.t.Context(), g.owner, old, chat.Edit{Text: new(secret)}); err != nil {
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
