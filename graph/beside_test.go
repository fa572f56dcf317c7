package graph_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/chat"
)

// readBeside is what happens before a field is resolved.
func (a *testAPI) readBeside(ctx context.Context, next graphql.Resolver) (any, error) {
	if meet := a.beside.Load(); meet != nil && graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription {
		if f := graphql.GetFieldContext(ctx); f.Object == "Chat" {
			(*meet)(f.Field.Name)
		}
	}
	return next(ctx)
}

// A besides is what streams read beside a page of the log when they execute it: the field of a chat, what is done to it behind a
// removal, and what it shows then.
type besides struct {
	field, selection string
	hide             func(g *ground, asked, said string) error
	secret           string
}

var allBesides = []besides{
	{"replyTo", "{ text }", func(g *ground, asked, _ string) error {
		_, err := g.there.EditChat(g.t.Context(), g.owner, asked, chat.Edit{Text: new("secret")})
		return err
	}, `"replyTo":{"text":"secret"}`},
	{"replyCount", "", func(g *ground, _, said string) error {
		_, err := g.there.Send(g.t.Context(), g.owner, chat.Draft{Room: g.in.String(), Text: "a", ReplyTo: &said})
		return err
	}, `"replyCount":1`},
	{"mentions", "{ username }", func(g *ground, _, said string) error {
		_, err := g.there.EditChat(g.t.Context(), g.owner, said, chat.Edit{Text: new("not @owner but @zoe")})
		return err
	}, `"mentions":[{"username":"zoe"}]`},
	{"reactions", "{ emoji users { username } }", func(g *ground, _, said string) error {
		_, err := g.there.React(g.t.Context(), g.owner, said, "secret", true)
		return err
	}, `"reactions":[{"emoji":"secret","users":[{"username":"owner"}]}]`},
}

// Somebody is removed, and then something happens that they must not see, between a page of the log and what is read beside it
// for what the page shows, of which this node is told nothing before. They are given nothing of it, whether they read the log alone or
// with all others, in a page after which readers are served before the log is read on; who stays is given all.
func TestRemovalBetweenAPageAndWhatIsReadBesideIt(t *testing.T) {
	for _, alone := range []bool{true, false} {
		t.Run(fmt.Sprint("alone ", alone), func(t *testing.T) {
			g := newGround(t)
			zoe := g.person("zoe", "")
			g.add(zoe.Caller)
			for _, b := range allBesides {
				g.meet(b, zoe, alone)
			}
		})
	}
}

// meet has a removal and a secret meet the execution of a page. The page is that of one who reads alone, or that of all.
func (g *ground) meet(b besides, stays *person, alone bool) {
	g.t.Helper()
	subscription := `($rooms: [ID!]!, $after: [Cursor!]) { events(rooms: $rooms, after: $after) { kind chat { text ` + b.field + " " + b.selection + " } } }"
	removed, asked := g.person("removed-"+strings.ToLower(b.field), ""), g.say("asked")
	g.add(removed.Caller)
	began := g.end()
	follow := func(p *person, after ...string) {
		writeMessage(g.t, p.conn, map[string]any{"type": "subscribe", "id": b.field, "payload": map[string]any{
			"query": "subscription " + subscription, "variables": map[string]any{"rooms": []string{g.in.String()}, "after": after},
		}})
	}
	if !alone {
		follow(removed)
		follow(stays)
		removed.until("CAUGHT_UP")
		stays.until("CAUGHT_UP")
	}
	g.gate.shut.Store(!alone)
	var sends sync.WaitGroup
	for range 150 { // more than half a window
		sends.Go(func() { g.say("between") })
	}
	sends.Wait()
	said, err := g.there.Send(g.t.Context(), g.owner, chat.Draft{Room: g.in.String(), Text: "said, @owner", ReplyTo: &asked})
	if err != nil {
		g.t.Fatal(err)
	}
	g.gate.shut.Store(true)
	met := make(chan error, 1)
	hide := func(field string) {
		if field == b.field && g.beside.Swap(nil) != nil {
			g.remove(removed.Caller)
			met <- b.hide(g, asked, said.ID.String())
		}
	}
	if alone { // the window begins behind what they read
		follow(stays)
		stays.until("CAUGHT_UP")
		g.beside.Store(&hide)
		follow(removed, began)
	} else {
		g.beside.Store(&hide)
		g.gate.Memory.Notify(g.in)
	}
	if err := <-met; err != nil {
		g.t.Fatal(err)
	}
	g.gate.shut.Store(false)
	if !alone { // who reads with others waits until the log is read on
		g.gate.Notify(g.in)
	}
	given := removed.until(`"FORBIDDEN"`)
	wantNone(g.t, given, b.secret)
	g.say("the end of " + b.field)
	if all := strings.Join(stays.until("the end of "+b.field), "\n"); !alone && !strings.Contains(all, b.secret) {
		g.t.Errorf("who stays was not given %s", b.secret)
	}
	writeMessage(g.t, stays.conn, map[string]any{"type": "complete", "id": b.field})
}

// end is where the room's log ends.
func (g *ground) end() string {
	g.t.Helper()
	page, err := g.there.Chats(g.t.Context(), g.owner, g.in.String(), chat.PageQuery{})
	if err != nil {
		g.t.Fatal(err)
	}
	return *page.SyncCursor
}
