package cluster

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/forge"
)

// nextSecret replaces ExampleSecret.
var nextSecret = base64.StdEncoding.EncodeToString([]byte("another secret of the 32 bytes +"))

// A node that made its own key up would refuse the tokens of the others. It says so and touches nothing.
func TestNoKeyIsMadeUpBesidePostgres(t *testing.T) {
	if !dbtest.OnPostgres() {
		t.Skip("beside SQLite the first start makes a key")
	}
	dir := harness.DataDir(t)
	var stdout, stderr bytes.Buffer
	status := harness.RunProgram([]string{"--data", dir, "--addr", "127.0.0.1:0", "--database-url", dbtest.URL(t, dir)}, nil, &stdout, &stderr)
	if text := stderr.String(); status != harness.ExitFailure || stdout.Len() > 0 || !strings.HasPrefix(text, "parley: PARLEY_SIGNING_KEY: ") || strings.Count(text, "\n") != 1 {
		t.Errorf("status %d, %q, %q", status, stdout.String(), text)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data directory was made: %v", err)
	}
}

// A fleet is three nodes on one database behind a balancer that knows which of them serve.
type fleet struct {
	t   *testing.T
	dir string
	at  [3]struct {
		sync.RWMutex // who holds it for reading uses the node; for writing: it is being restarted
		*harness.Process
	}
}

// pick returns a node that serves, from i on.
func (c *fleet) pick(i int) (node *harness.Server, done func()) {
	for ; ; i++ {
		if at := &c.at[i%3]; at.TryRLock() {
			return &at.Server, at.RUnlock
		}
	}
}

// restart gives one node after the other its keys, while the others serve.
func (c *fleet) restart(keys string) {
	for i := range c.at {
		at := &c.at[i]
		at.Lock()
		if at.Process != nil {
			at.Interrupt()
		}
		in := harness.Environment{Env: []string{"PARLEY_SIGNING_KEY=" + keys}}
		at.Process = harness.StartProcessIn(c.t, in, c.dir, append(harness.NoLimits(), "--user-room-streams", "1000")...)
		at.Unlock()
	}
}

// A client signs in, refreshes, sends and asks, each time on another node, and is never refused.
type client struct {
	*fleet
	name   string
	pair   harness.Tokens
	rounds atomic.Int64
}

// live does all of it once. It fails no test by itself, because it runs beside it.
func (r *client) live(n int) error {
	step := func(i int, what string, do func(node *harness.Server) harness.Answer) error {
		node, done := r.pick(n + i)
		defer done()
		if a := do(node); len(a.Errors) > 0 {
			return fmt.Errorf("%s, round %d, %s: %s", r.name, n, what, a.Body)
		}
		return nil
	}
	old := r.pair.RefreshToken
	var again harness.Tokens
	key := fmt.Sprint("attempt", n)
	return errors.Join(
		step(0, "refresh", func(node *harness.Server) (a harness.Answer) { r.pair, a = node.Refresh(old, key); return a }),
		step(1, "the same attempt", func(node *harness.Server) (a harness.Answer) { again, a = node.Refresh(old, key); return a }),
		map[bool]error{false: fmt.Errorf("%s, round %d: another pair for the same attempt", r.name, n)}[again == r.pair],
		step(2, "send", func(node *harness.Server) harness.Answer {
			return node.Ask(r.pair.AccessToken, `mutation { sendChat(room: "general", text: "x") { id } }`)
		}),
		step(0, "ask", func(node *harness.Server) harness.Answer {
			return node.Ask(r.pair.AccessToken, `{ rooms { nodes { id } } }`)
		}),
		step(1, "sign in", func(node *harness.Server) (a harness.Answer) {
			r.pair, a = node.Login(r.name, "correct horse battery")
			return a
		}),
	)
}

// while keeps residents living until the keys have been changed, and then until each has a pair of after.
func while(t *testing.T, residents []*client, change func()) {
	t.Helper()
	stop := make(chan struct{})
	failed := make(chan error, len(residents))
	var all sync.WaitGroup
	for _, r := range residents {
		all.Go(func() {
			for {
				if err := r.live(int(r.rounds.Add(1))); err != nil {
					failed <- err
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	change()
	for _, r := range residents {
		after := r.rounds.Load() + 2
		harness.Eventually(t, r.name+" lives on", func() bool { return r.rounds.Load() >= after || len(failed) > 0 })
	}
	close(stop)
	all.Wait()
	if len(failed) > 0 {
		t.Fatal(<-failed)
	}
}

// A key is replaced while everybody goes on: old; old,new; new,old; and when all hold tokens of the new one,
// new. Each time one node after the other is started again, so two settings are in use at once.
func TestKeysAreReplacedOnRunningNodes(t *testing.T) {
	c := &fleet{t: t, dir: harness.DataDir(t)}
	c.restart(forge.ExampleSecret)
	first := &c.at[0].Server
	var residents []*client
	for i := range 3 {
		r := &client{fleet: c, name: fmt.Sprint("person", i)}
		r.pair.AccessToken, r.pair.RefreshToken = first.Register(r.name)
		residents = append(residents, r)
	}
	early := residents[0].pair
	first.Must(nil, early.AccessToken, `mutation { createRoom(name: "general") { id } }`)
	for _, keys := range []string{forge.ExampleSecret + "," + nextSecret, nextSecret + "," + forge.ExampleSecret, nextSecret} {
		while(t, residents, func() { c.restart(keys) })
	}
	for _, r := range residents {
		if forge.KidOf(t, r.pair.AccessToken) == "917222f4dd55d843" {
			t.Errorf("%s still has a token of the old key", r.name)
		}
	}
	for i := range c.at {
		c.at[i].WantCode(early.AccessToken, "UNAUTHENTICATED")
	}
}
