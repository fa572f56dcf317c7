package chat_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/rounds"
)

// A town is three people with a client each in every one of five rooms, which a fourth one manages.
type town struct {
	*world
	*rand.Rand
	host    chat.Caller
	people  []chat.Caller
	rooms   []*roomlog.Room
	clients []*counter
	ledger  *ledger
}

func newTown(w *world, random *rand.Rand) *town {
	x := &town{world: w, Rand: random, host: w.person("host"), people: []chat.Caller{w.person("ann"), w.person("bob"), w.person("bob.b")}, ledger: newLedger()}
	direct, err := w.OpenDirectRoom(w.t.Context(), x.people[0], []string{"bob", "bob.b"})
	if err != nil {
		w.t.Fatal(err)
	}
	names := []string{"ann", "bob", "bob.b"}
	x.rooms = []*roomlog.Room{w.room(x.host, "general"), w.room(x.host, "other"), w.private(x.host, "secret", names...), w.private(x.host, "inner", names...), direct}
	for _, r := range x.rooms {
		for _, who := range x.people {
			if r.Kind == roomlog.Public {
				_, err := w.JoinRoom(w.t.Context(), who, r.ID.String())
				x.must(err)
			}
			c := &counter{w: w, who: who, room: r, blocked: x.ledger.blocked}
			c.enter()
			w.t.Cleanup(c.leave)
			x.clients = append(x.clients, c)
		}
	}
	return x
}

func (x *town) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// compare wants the server, every row of the database with the ledger's mentions, and each client by itself to come to the same.
func (x *town) compare(step string) {
	x.t.Helper()
	rows := map[uuid.UUID]*ent.Room{}
	for _, row := range x.store.Read.Room.Query().WithMembers().AllX(x.t.Context()) {
		rows[row.ID] = row
	}
	for i, who := range x.people {
		page, err := x.Rooms(x.t.Context(), who, chat.RoomsQuery{Scope: ptr(chat.JoinedRooms)})
		x.must(err)
		unread, err := x.UnreadCounts(x.t.Context(), who, page.Nodes())
		x.must(err)
		mentions, err := x.MentionCounts(x.t.Context(), who, page.Nodes())
		x.must(err)
		server := map[uuid.UUID]brute{}
		for k, r := range page.Nodes() {
			server[r.ID] = brute{r.As.Member.LastRead, unread[k], mentions[k]}
		}
		for k := i; k < len(x.clients); k += len(x.people) {
			c := x.clients[k]
			var want, client brute
			if c.in {
				c.read(rows[c.room.ID].LastPlace)
				want = c.brute(rows[c.room.ID], x.ledger)
				client = brute{c.lastRead, c.count(), c.mentions()}
			}
			if got := server[c.room.ID]; got != want || client != want {
				x.t.Fatalf("%s: %s in %s: the server says %+v, the rows and the ledger %+v, the client %+v", step, who.Username, c.room.Name, got, want, client)
			}
		}
	}
}

// Whatever people do in their rooms, what the server counts as unread is what the database holds, and as mentions what was said to
// whom, and both are what a client counts that has its stream alone. MODEL_SEED has one run again.
func TestUnreadAgainstBruteForce(t *testing.T) {
	seed := rand.Uint64()
	if one, err := strconv.ParseUint(os.Getenv("MODEL_SEED"), 10, 64); err == nil {
		seed = one
	}
	t.Logf("MODEL_SEED=%d", seed)
	x := newTown(newWorld(t, chat.Options{}), rand.New(rand.NewPCG(seed, 0)))
	x.compare("the start")
	for i := range rounds.Of(t, 500, 10_000) {
		c := x.clients[x.IntN(len(x.clients))]
		x.compare(fmt.Sprintf("step %d of MODEL_SEED=%d, %s", i, seed, x.step(c)))
	}
	x.wantMentions()
}

// step does something by chance, and says what.
func (x *town) step(c *counter) string {
	x.t.Helper()
	ctx, in := x.t.Context(), c.room.ID.String()
	switch n := x.IntN(100); {
	case n >= 96:
		return x.block(c.who)
	case !c.in:
		return x.comeBack(c, n)
	case n < 45:
		var to *roomlog.Chat
		if len(c.chats) > 0 && n < 15 {
			to = c.chats[x.IntN(len(c.chats))]
		}
		x.say(c.who, c.room, said[x.IntN(len(said))].text, to)
		return "send or answer"
	case n < 50:
		return x.sayAtOnce(c.room)
	case n < 60 && len(c.chats) > 0:
		return x.markRead(c)
	case n < 85 && len(c.chats) > 0:
		return x.change(c.chats[x.IntN(len(c.chats))], n >= 75)
	case n < 87:
		_, err := x.SetNotify(ctx, c.who, in, access.NotifyLevel(x.IntN(3)))
		x.must(err)
		return "level"
	case n < 91:
		cursor := c.at.Cursor(c.room.ID)
		c.tail.Leave()
		c.open(&cursor)
		return "connect anew"
	case c.room.Kind == roomlog.Direct:
		return "nothing"
	case n < 94:
		_, err := x.LeaveRoom(ctx, c.who, in)
		x.must(err)
	default:
		_, err := x.BanMember(ctx, x.host, in, c.who.Username, nil, nil)
		x.must(err)
	}
	c.leave()
	return "leave"
}
