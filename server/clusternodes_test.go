package server

import (
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/db/dbtest"
)

const clusterNodes = 3

// A cluster is three nodes on one Postgres, each a process of its own, and the clients of a torture, which choose a
// node at random whenever they connect or send.
type cluster struct {
	*torture
	postgres *dbtest.Server
	bus      *bus // nil: Postgres carries the bells
	net      loopback
	env      []string
	flags    []string
	at       [clusterNodes]string       // addresses of the nodes
	own      [clusterNodes][]string     // flags of one node alone
	in       [clusterNodes]surroundings // of a node
	nodes    [clusterNodes]*process
}

// A loopback is a network of one run's own below 127.0.0.0/8, so that what listens there keeps its address
// when it is killed and started again, and nobody else takes it meanwhile.
type loopback string

func newLoopback(t *testing.T) loopback {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
	return loopback(fmt.Sprintf("127.%d.%d", 1+mathrand.IntN(254), mathrand.IntN(255)))
}

func (l loopback) host(n int) string { return fmt.Sprintf("%s.%d", l, n) }

// Hosts of a cluster's network; the nodes have 1, 2 and 3.
const (
	postgresHost = 100
	busHost      = 200
	sieveHost    = 201
)

func (l loopback) databaseURL() string {
	return "postgres://parley@" + l.host(postgresHost) + ":5432/parley?sslmode=disable"
}

// newCluster starts Postgres and three nodes at once. The bus, if there is one, runs already.
func newCluster(t *testing.T, l loopback, b *bus, flags ...string) *cluster {
	dbtest.SkipTwice(t)
	t.Helper()
	c := &cluster{torture: &torture{t: t, rest: 20 * time.Millisecond, pace: 10 * time.Millisecond}, net: l, bus: b}
	c.startPostgres()
	c.env = []string{"PARLEY_SIGNING_KEY=" + signingKey()}
	c.flags = append(c.flags, roomy()...)
	c.flags = append(c.flags, "--access-token-lifetime", "7d", "--database-url", l.databaseURL())
	if b != nil {
		c.flags = append(c.flags, "--nats-url", b.url)
	}
	c.flags = append(c.flags, flags...)
	c.open = func() *sql.DB { return openAt(t, l.databaseURL()) }
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
	c.t.Helper()
	// Commits take 4 ms longer, so that many are under way whenever something is killed.
	server, err := dbtest.NewServer(c.t.Context(), dbtest.InMemory, "max_connections=200", "commit_delay=4000", "commit_siblings=0",
		"shared_preload_libraries=pg_stat_statements")
	if err != nil {
		c.t.Fatal(err)
	}
	c.postgres = server
	c.t.Cleanup(server.Remove)
	if err := server.Create(c.t.Context(), "parley", ""); err != nil {
		c.t.Fatal(err)
	}
	server.Stop()
	if err := server.ListenOn(c.net.host(postgresHost) + ":5432"); err != nil {
		c.t.Fatal(err)
	}
	c.wakePostgres()
	if err := server.SQL(c.t.Context(), "parley", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) wakePostgres() {
	c.t.Helper()
	if err := c.postgres.Start(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

func signingKey() string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	return base64.StdEncoding.EncodeToString(secret)
}

// startAll starts the nodes at once, since one of them has to make the schema, and then the clients' side.
func (c *cluster) startAll() {
	c.t.Helper()
	var starts sync.WaitGroup
	for n := range c.nodes {
		starts.Go(func() { c.begin(n) })
	}
	starts.Wait()
	if c.t.Failed() {
		c.t.FailNow()
	}
	c.crew(c.at[0])
	c.servers.set(c.at[:]...)
}

// begin starts a node, at the address that it has had before.
func (c *cluster) begin(n int) {
	in := c.in[n]
	in.env = c.env
	flags := slices.Concat([]string{"--log-level", "warn", "--addr", c.at[n]}, c.flags, c.own[n])
	p, addr := tryProcess(c.t, in, dataDir(c.t), flags...)
	if addr == "" {
		c.t.Errorf("node %d ended: %s", n, p.log)
	}
	c.nodes[n] = p
}

// kill ends a node as a crash does.
func (c *cluster) kill(n int) {
	_ = c.nodes[n].stop()
	c.listen(n)
}

// roll ends a node as an operator does, and starts it again.
func (c *cluster) roll(n int) {
	c.t.Helper()
	if err := c.nodes[n].cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	if status := c.nodes[n].exit(); status != 0 {
		c.t.Errorf("node %d ended with status %d: %s", n, status, c.nodes[n].log)
	}
	c.listen(n)
	c.begin(n)
}

// listen fails the test for what no node should say.
func (c *cluster) listen(n int) {
	for line := range strings.Lines(c.nodes[n].log.String()) {
		if strings.Contains(line, "DATA RACE") || strings.Contains(line, "panic") || strings.Contains(line, "level=ERROR") && !strings.Contains(line, "unreachable") {
			c.t.Errorf("node %d said: %s", n, line)
		}
	}
}

// finish ends the load and says whatever was wrong.
func (c *cluster) finish(rest func() time.Duration) *journal {
	c.t.Helper()
	if behind := rest(); behind > 10*time.Second {
		c.t.Errorf("the readers were current %v after the last answer", behind)
	}
	for n := range c.nodes {
		c.listen(n)
	}
	j := c.journal()
	for i, wrong := range j.check() {
		if i == 20 {
			c.t.Error("and more")
			break
		}
		c.t.Error(wrong)
	}
	return j
}

// told are the codes that senders got before they were answered.
func (c *cluster) told() map[string]int {
	all := map[string]int{}
	for _, s := range c.senders {
		for code, n := range s.told {
			all[code] += n
		}
		all["cut"] += s.cut
	}
	return all
}

// lags are how long chats were under way from their answers to each reader who was there, in order.
func (j *journal) lags(between func(from, to string) bool) []time.Duration {
	sent := map[string]*send{}
	for _, s := range j.sends {
		sent[s.id.String()] = s
	}
	var lags []time.Duration
	for _, l := range j.lives {
		for i, c := range l.seen {
			s, saw := sent[c.id.String()], l.sights[i]
			if s != nil && s.answered > 0 && between(s.at, saw.at) {
				lags = append(lags, max(0, saw.when-max(s.answered, l.began)))
			}
		}
	}
	slices.Sort(lags)
	return lags
}

func anywhere(string, string) bool   { return true }
func otherNode(from, to string) bool { return from != to }
func at(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

// show says how much was tried: a run without chats or readers shows nothing.
func (c *cluster) show(j *journal) {
	c.t.Helper()
	seen := 0
	for _, l := range j.lives {
		seen += len(l.seen)
	}
	lags, codes := j.lags(anywhere), map[string]int{}
	for _, k := range c.cuts.since(0) {
		codes[strconv.Itoa(int(k.code))]++
	}
	c.t.Logf("%v: %d chats, read %d times in %d lives, lag p50 %v p99 %v most %v; senders were told %v, streams ended %v",
		time.Since(c.began).Round(time.Second), len(j.rows), seen, len(j.lives), at(lags, 50), at(lags, 99), at(lags, 100), c.told(), codes)
	if len(j.rows) < 100 || seen < len(j.rows) {
		c.t.Error("that is too little to show anything")
	}
}

// until waits until something holds.
func (c *cluster) until(what string, most time.Duration, so func() bool) {
	c.t.Helper()
	for end := time.Now().Add(most); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Errorf("%v later: %s has not come", most, what)
			return
		}
	}
}

// ready asks a node whether it is, and answers the status; 0: nobody answers.
func (c *cluster) ready(n int) int {
	client := http.Client{Transport: c.http.Transport, Timeout: patience}
	response, err := client.Get("http://" + c.at[n] + "/readyz")
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// streamsAt counts the readers whose last chat came from a node.
func (c *cluster) streamsAt(n int) (streams int) {
	for _, r := range c.readers {
		if at := r.serving.Load(); at != nil && *at == c.at[n] {
			streams++
		}
	}
	return streams
}

// busiest is the node with the most streams.
func (c *cluster) busiest() (most int) {
	for n := range c.nodes {
		if c.streamsAt(n) > c.streamsAt(most) {
			most = n
		}
	}
	return most
}

// moving waits until every reader has got something new.
func (c *cluster) moving(most time.Duration) {
	c.t.Helper()
	before := make([]int64, len(c.readers))
	for i, r := range c.readers {
		before[i] = r.reached.Load()
	}
	c.until("a chat at each reader", most, func() bool {
		for i, r := range c.readers {
			if now := r.reached.Load(); now == before[i] || now == 0 {
				return false
			}
		}
		return true
	})
}

// clusterRounds is how often something is done: ROUNDS in the environment, or else usually.
func clusterRounds(t *testing.T, usually int) int {
	text := os.Getenv("ROUNDS")
	if text == "" {
		return usually
	}
	rounds, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("ROUNDS: %v", err)
	}
	return rounds
}
