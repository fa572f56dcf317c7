package cluster

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/rounds"
)

// A signOut is how a server admin ends all that somebody has open.
type signOut struct {
	name         string
	bot          bool
	call         string // what ends it
	code, reason string // with which their token is refused
}

// signOuts are all there are.
var signOuts = []signOut{
	{"disabled", false, `disableUser(user: $who) { id }`, "SESSION_REVOKED", "DISABLED"},
	{"disabled bot", true, `disableUser(user: $who) { id }`, "SESSION_REVOKED", "DISABLED"},
	{"renewed bot", true, `renewBotToken(bot: $who) { bot { id } }`, "UNAUTHENTICATED", ""},
}

// A site is the nodes of one database, with a server admin.
type site struct {
	at    []string
	shell func(t *testing.T, args ...string)
	root  string       // a token
	begun atomic.Int64 // rounds

	mu    sync.Mutex
	took  []time.Duration // from the answer until the last connection at another node was closed
	early int             // canaries that were given there before
}

// siteOf begins a site on a database, which nodes serve.
func siteOf(t *testing.T, database []string, at ...string) *site {
	t.Helper()
	x := &site{at: at, shell: func(t *testing.T, args ...string) {
		t.Helper()
		if status, _, said := harness.Command(slices.Concat(database, args)...); status != harness.ExitOK {
			t.Fatalf("%q: %s", args, said)
		}
	}}
	x.nodes(t)[0].Register("root")
	x.shell(t, "admin", "add", "root")
	x.root = x.nodes(t)[0].SignIn("root", "correct horse battery").AccessToken
	return x
}

// nodes are the nodes for one test.
func (x *site) nodes(t *testing.T) (all []*harness.Server) {
	for _, addr := range x.at {
		all = append(all, &harness.Server{T: t, Addr: addr})
	}
	return all
}

// run runs the rounds of both, and says how long other nodes took.
func (x *site) run(t *testing.T, few, all int) {
	sideBySide(t, rounds.Of(t, few*len(signOuts), all), func(i int) string { return signOuts[i%len(signOuts)].name }, func(t *testing.T, i int) {
		newStanding(t, x, signOuts[i%len(signOuts)]).run()
	})
	sideBySide(t, rounds.Of(t, few, all/4), func(int) string { return "demoted" }, func(t *testing.T, _ int) { newDemoted(t, x).run() })
	if slices.Sort(x.took); len(x.took) > 0 {
		t.Logf("closed on other nodes %v after the answer, at most %v, of %d; %d canaries before that", x.took[len(x.took)/2].Round(time.Millisecond), x.took[len(x.took)-1].Round(time.Millisecond), len(x.took), x.early)
	}
}

// Whoever is disabled, a bot whose token is renewed: on the node that has answered that, nothing that is sent behind the answer reaches
// them, and on others nothing behind two looks of a node for what others have ended, which is two seconds and what the looks take. Who is
// a server admin no more looks after no room behind that, on any node, and reads on.
func TestNothingAfterTheEndOfAStanding(t *testing.T) {
	l := newLoopback(t)
	c := newCluster(t, l, nil, "--bots-max", "100000")
	siteOf(t, []string{"--data", t.TempDir(), "--database-url", l.databaseURL()}, c.at[:]...).run(t, 3, 400)
}

// The same with NATS, and then with every notification lost.
func TestNothingAfterTheEndOfAStandingWithNATS(t *testing.T) {
	l := newLoopback(t)
	b := startNATS(t, l)
	c := newCluster(t, l, b, "--bots-max", "100000")
	x := siteOf(t, []string{"--data", t.TempDir(), "--database-url", l.databaseURL()}, c.at[:]...)
	t.Run("notified", func(t *testing.T) { x.run(t, 1, 200) })
	b.proxy.drops.Store(true)
	x.took, x.early = nil, 0
	t.Run("lost", func(t *testing.T) { x.run(t, 1, 200) })
	if b.proxy.passed.Load() == 0 || b.proxy.dropped.Load() == 0 {
		t.Errorf("%d notifications have passed, %d were dropped", b.proxy.passed.Load(), b.proxy.dropped.Load())
	}
}

// The same on one node with SQLite.
func TestNothingAfterTheEndOfAStandingOnOneNode(t *testing.T) {
	dir := harness.DataDir(t)
	p := harness.StartProcess(t, dir, append(harness.NoLimits(), "--bots-max", "100000", "--access-token-lifetime", "7d")...)
	siteOf(t, append([]string{"--data", dir}, harness.DatabaseFlags(t, dir)...), p.Addr).run(t, 3, 400)
}

// A standing is one round: an owner and somebody read a room on all nodes, and a server admin ends the latter. What is sent at once has one
// word, which they may never be given where that was done, and what is sent behind two looks another one, which they are given nowhere.
type standing struct {
	*testing.T
	signOut
	*site
	n             int // the round
	nodes         []*harness.Server
	home          int
	owner, theirs string // tokens
	room          string
	given         []records // to them, at each node
	kept          records   // by the owner

	before, canary, late string
}

func newStanding(t *testing.T, x *site, s signOut) *standing {
	n := int(x.begun.Add(1))
	k := &standing{T: t, signOut: s, site: x, n: n, nodes: x.nodes(t), home: n % len(x.at)}
	k.before, k.canary, k.late = fmt.Sprintf("before%dx", n), fmt.Sprintf("canary%dx", n), fmt.Sprintf("late%dx", n)
	k.owner, _ = k.nodes[k.home].Register(k.named("owner"))
	k.theirs = k.someone("someone")
	var made struct {
		CreateRoom struct{ ID, SyncCursor string }
	}
	k.nodes[k.home].Must(&made, k.owner, `mutation($name: String!, $who: ID!) { createRoom(name: $name, kind: PRIVATE, members: [$who]) { id syncCursor } }`,
		map[string]any{"name": k.named("room"), "who": k.named("someone")})
	k.room = made.CreateRoom.ID
	variables := map[string]any{"room": k.room, "at": made.CreateRoom.SyncCursor, "rooms": []string{k.room}}
	for i, s := range k.nodes {
		k.kept = append(k.kept, recordSocket(s, "the owner", k.owner, variables)...)
		k.given = append(k.given, append(recordSocket(s, k.name, k.theirs, variables), recordEvents(s, k.name, k.theirs, followed3[(i+n)%len(followed3)], variables)))
	}
	return k
}

func (k *standing) named(what string) string {
	return fmt.Sprintf("%s.%s.%d", what, strings.ReplaceAll(k.name, " ", "."), k.n)
}

// someone is a new person or bot, whom all nodes know, by their token.
func (k *standing) someone(what string) (token string) {
	k.Helper()
	s := k.nodes[(k.home+1)%len(k.nodes)]
	if !k.bot {
		token, _ = s.Register(k.named(what))
		return token
	}
	var made struct{ CreateBot struct{ Token string } }
	s.Must(&made, k.root, `mutation($who: String!) { createBot(username: $who) { token } }`, map[string]any{"who": k.named(what)})
	for _, s := range k.nodes {
		harness.Eventually(k.T, "a node knows the bot", func() bool { return s.AskThrough(made.CreateBot.Token, `{ me { id } }`).Code() == "" })
	}
	return made.CreateBot.Token
}

func (k *standing) run() {
	for _, all := range append(k.given, k.kept) {
		all.await(k.T, "CAUGHT_UP", allTheirs, twoRooms)
	}
	k.send(k.before)
	for _, all := range append(k.given, k.kept) {
		all.await(k.T, k.before, followed3...)
	}
	var witnesses []records // for each look the connections of somebody who ends before it
	for i := range 2 * min(1, len(k.nodes)-1) {
		witnesses = append(witnesses, k.watch(k.someone(fmt.Sprint("witness.", i))))
	}
	k.end("someone")
	answered := time.Now()
	k.wantRefused(k.nodes[k.home])
	k.send(k.canary)
	for i, watched := range witnesses {
		k.end(fmt.Sprint("witness.", i))
		watched.awaitEnds(k.T)
	}
	for _, s := range k.nodes {
		k.wantRefused(s)
	}
	k.send(k.late)
	k.kept.await(k.T, k.late, followed3...)
	k.judge(answered)
}

// watch opens connections of somebody at all nodes but where they end.
func (k *standing) watch(token string) (all records) {
	for i, s := range k.nodes {
		if i != k.home {
			all = append(all, recordSocket(s, "a witness", token, map[string]any{"room": k.room})...)
		}
	}
	return all
}

// awaitEnds waits until the connections are closed.
func (all records) awaitEnds(t *testing.T) {
	t.Helper()
	for _, r := range all {
		harness.Eventually(t, "the end of "+r.name, func() bool { _, gone := r.all(); return gone })
	}
}

// send sends a chat of the owner at each node.
func (k *standing) send(text string) {
	for i, s := range k.nodes {
		s.Must(nil, k.owner, `mutation($room: ID!, $text: String!) { sendChat(room: $room, text: $text) { id } }`, map[string]any{"room": k.room, "text": fmt.Sprint(text, " of node ", i)})
	}
}

// end ends somebody.
func (k *standing) end(what string) {
	k.nodes[k.home].Must(nil, k.root, `mutation($who: ID!) { `+k.call+` }`, map[string]any{"who": k.named(what)})
}

func (k *standing) wantRefused(s *harness.Server) {
	k.Helper()
	for _, call := range []string{`{ me { id } }`, `mutation { setTyping(room: "` + k.room + `") { id } }`} {
		if a := s.Ask(k.theirs, call); a.Code() != k.code || harness.WordOf(a, "reason") != k.reason {
			k.Errorf("%s at %s: %s", call, s.Addr, a.Body)
		}
	}
}

// judge wants each connection closed, and nothing in what they were given that may not be.
func (k *standing) judge(answered time.Time) {
	for i, all := range k.given {
		for _, r := range all {
			wrong := func() bool { return r.has(k.late) || i == k.home && r.has(k.canary) }
			harness.Eventually(k.T, "the end of "+r.name, func() bool { _, gone := r.all(); return gone || wrong() })
			if wrong() {
				texts, _ := r.all()
				k.Errorf("%s: given after the end: %q", r.name, texts)
			}
			k.note(r, i == k.home, answered)
		}
	}
}

// note keeps what the rounds came to on other nodes, to be shown.
func (k *standing) note(r *record, home bool, answered time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if home {
		return
	}
	k.took = append(k.took, r.ended().Sub(answered))
	if r.has(k.canary) {
		k.early++
	}
}
