package graph_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// types has somebody say on the other node that they are typing until stop, as what is said may be told to nobody.
func (g *ground) types(who chat.Caller) (stop func()) {
	var preview *string // of a bot
	if who.Bot {
		preview = new(who.Username + " writes")
	}
	done, ended := make(chan struct{}), sync.WaitGroup{}
	ended.Go(func() {
		again := time.NewTicker(time.Millisecond)
		defer again.Stop()
		for {
			if _, err := g.there.SetTyping(g.t.Context(), who, g.in.String(), preview); err != nil && g.t.Context().Err() == nil {
				g.t.Error(err)
				return
			}
			select {
			case <-again.C:
			case <-done:
				return
			}
		}
	})
	stop = sync.OnceFunc(func() { close(done); ended.Wait() })
	g.t.Cleanup(stop)
	return stop
}

// Somebody is removed on one node, and then somebody types there; every notification is lost. On the other node the first is sent
// away without having been told of that, and who stays is told. So it is with what bots write.
func TestSignalsOutrunNoRemoval(t *testing.T) {
	const selected = `{ kind actor { username } preview }`
	for name, subscription := range map[string]string{
		"one room": `{ events(rooms: ["%s"]) ` + selected + ` }`, "all rooms": `{ events ` + selected + ` }`,
	} {
		for _, bots := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", bots ", bots), func(t *testing.T) {
				g := newGround(t)
				ann, bob, zoe := g.person("ann", ""), g.person("bob", ""), g.person("zoe", "")
				for _, p := range []*person{ann, bob, zoe} {
					g.add(p.Caller)
				}
				for _, p := range []*person{ann, bob} {
					p.subscribe(strings.Replace(subscription, "%s", g.in.String(), 1))
					p.until("CAUGHT_UP")
				}
				typing := func(name string) string {
					preview := "null"
					if bots {
						preview = `"` + name + ` writes"`
					}
					return `{"kind":"TYPING","actor":{"username":"` + name + `"},"preview":` + preview + `}`
				}
				owner := g.owner
				owner.Bot, zoe.Bot = bots, bots
				stop := g.types(owner)
				ann.until(typing("owner"))
				bob.until(typing("owner"))
				stop()
				g.gate.shut.Store(true)
				g.remove(bob.Caller)
				stop = g.types(zoe.Caller)
				ann.until(typing("zoe"))
				stop()
				wantNone(t, bob.until("MEMBER_REMOVED"), "zoe")
				g.gate.shut.Store(false)
				g.say("the end")
				ann.until("CHAT_SENT")
				writeMessage(t, bob.conn, map[string]any{"type": "ping"})
				wantNone(t, bob.until(`"pong"`), "zoe")
			})
		}
	}
}
