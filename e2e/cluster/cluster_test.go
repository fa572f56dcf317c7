package cluster

import (
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"fmt"
	mathrand "math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/load"
	"parley/e2e/harness/network"
	"parley/machine"
)

// A cluster is three nodes on one Postgres, each a process of its own, and the clients of a torture, which choose a
// node at random whenever they connect or send.
type cluster struct {
	*load.Torture
	postgres *dbtest.Server
	nats     *natsServer // nil: Postgres carries notifications
	net      loopback
	env      []string
	flags    []string
	at       [network.ClusterNodes]string              // addresses of the nodes
	own      [network.ClusterNodes][]string            // flags of one node alone
	in       [network.ClusterNodes]harness.Environment // of a node
	nodes    [network.ClusterNodes]*harness.Process
}

// A loopback is a network of one run's own below 127.0.0.0/8, so that what listens there keeps its address
// when it is killed and started again, and nobody else takes it meanwhile.
type loopback string

func newLoopback(t *testing.T) loopback {
	if runtime.GOOS != "linux" {
		machine.Lacks(t, "only Linux has all of 127.0.0.0/8")
	}
	return loopback(fmt.Sprintf("127.%d.%d", 1+mathrand.IntN(254), mathrand.IntN(255)))
}

func (l loopback) host(n int) string { return fmt.Sprintf("%s.%d", l, n) }

// Hosts of a cluster's network; the nodes have 1, 2 and 3.
const (
	postgresHost = 100
	natsHost     = 200
	proxyHost    = 201
)

func (l loopback) databaseURL() string {
	return "postgres://parley@" + l.host(postgresHost) + ":5432/parley?sslmode=disable"
}

// newCluster starts Postgres and three nodes at once. The bus, if there is one, runs already.
func newCluster(t *testing.T, l loopback, b *natsServer, flags ...string) *cluster {
	dbtest.SkipTwice(t)
	t.Helper()
	c := &cluster{Torture: &load.Torture{T: t, Rest: 20 * time.Millisecond, Pace: 10 * time.Millisecond}, net: l, nats: b}
	c.startPostgres()
	c.env = []string{"PARLEY_SIGNING_KEY=" + signingKey()}
	c.flags = append(c.flags, harness.NoLimits()...)
	c.flags = append(c.flags, "--access-token-lifetime", "7d", "--database-url", l.databaseURL())
	if b != nil {
		c.flags = append(c.flags, "--nats-url", b.url)
	}
	c.flags = append(c.flags, flags...)
	c.Open = func() *sql.DB { return openAt(t, l.databaseURL()) }
	for n := range c.nodes {
		c.at[n] = l.host(n+1) + ":8080"
	}
	c.startAll()
	return c
}

func openAt(t *testing.T, url string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func (c *cluster) startPostgres() {
	c.T.Helper()
	// Commits take 4 ms longer, so that many are under way whenever something is killed.
	server, err := dbtest.NewServer(c.T.Context(), dbtest.InMemory, "max_connections=200", "commit_delay=4000", "commit_siblings=0",
		"shared_preload_libraries=pg_stat_statements")
	if err != nil {
		c.T.Fatal(err)
	}
	c.postgres = server
	c.T.Cleanup(server.Remove)
	if err := server.Create(c.T.Context(), "parley", ""); err != nil {
		c.T.Fatal(err)
	}
	server.Stop()
	if err := server.ListenOn(c.net.host(postgresHost) + ":5432"); err != nil {
		c.T.Fatal(err)
	}
	c.startPostgresAgain()
	if err := server.SQL(c.T.Context(), "parley", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"); err != nil {
		c.T.Fatal(err)
	}
}

func (c *cluster) startPostgresAgain() {
	c.T.Helper()
	if err := c.postgres.Start(c.T.Context()); err != nil {
		c.T.Fatal(err)
	}
}

func signingKey() string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	return base64.StdEncoding.EncodeToString(secret)
}

// startAll starts the nodes at once, since one of them has to make the schema, and then the clients' side.
func (c *cluster) startAll() {
	c.T.Helper()
	var starts sync.WaitGroup
	for n := range c.nodes {
		starts.Go(func() { c.begin(n) })
	}
	starts.Wait()
	if c.T.Failed() {
		c.T.FailNow()
	}
	c.MakeClients(c.at[0])
	c.Servers.Set(c.at[:]...)
}

// begin starts a node, at the address that it has had before.
func (c *cluster) begin(n int) {
	in := c.in[n]
	in.Env = c.env
	flags := slices.Concat([]string{"--log-level", "warn", "--addr", c.at[n]}, c.flags, c.own[n])
	p, addr := harness.TryProcess(c.T, in, harness.DataDir(c.T), flags...)
	if addr == "" {
		c.T.Errorf("node %d ended: %s", n, p.Log)
	}
	c.nodes[n] = p
}

// kill ends a node as a crash does.
func (c *cluster) kill(n int) {
	_ = c.nodes[n].Stop()
	c.listen(n)
}

// roll ends a node as an operator does, and starts it again.
func (c *cluster) roll(n int) {
	c.T.Helper()
	if err := c.nodes[n].Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.T.Fatal(err)
	}
	if status := c.nodes[n].Exit(); status != 0 {
		c.T.Errorf("node %d ended with status %d: %s", n, status, c.nodes[n].Log)
	}
	c.listen(n)
	c.begin(n)
}

// listen fails the test for what no node should say.
func (c *cluster) listen(n int) {
	for line := range strings.Lines(c.nodes[n].Log.String()) {
		if strings.Contains(line, "DATA RACE") || strings.Contains(line, "panic") || strings.Contains(line, "level=ERROR") && !strings.Contains(line, "unreachable") {
			c.T.Errorf("node %d said: %s", n, line)
		}
	}
}

// finish ends the load and says whatever was wrong.
func (c *cluster) finish(rest func() time.Duration) *load.Journal {
	c.T.Helper()
	c.until("enough chats to show anything", func() bool {
		reached, total := map[uuid.UUID]int64{}, int64(0)
		for _, r := range c.Readers {
			reached[r.Room] = max(reached[r.Room], r.Reached.Load())
		}
		for _, chats := range reached {
			total += chats
		}
		return total >= 2*leastChats
	})
	// A node that has just lost its database gives a stream up after 15 s, and a subscription that is being opened in steps of 5 s.
	c.T.Logf("the readers were current %v after the last answer", rest())
	for n := range c.nodes {
		c.listen(n)
	}
	j := c.Journal()
	for i, wrong := range j.Check() {
		if i == 20 {
			c.T.Error("and more")
			break
		}
		c.T.Error(wrong)
	}
	return j
}

// told are the codes that senders got before they were answered.
func (c *cluster) told() map[string]int {
	all := map[string]int{}
	for _, s := range c.Senders {
		for code, n := range s.Told {
			all[code] += n
		}
		all["cut"] += s.Cut
	}
	return all
}
