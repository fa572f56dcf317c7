package server

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/db/dbtest"
)

// A partition is a network of namespaces, made for one test: each node is alone in one, with three cables to a
// hub, where its clients, Postgres and NATS are. A cable that is pulled out swallows packets in silence.
type partition struct {
	t   *testing.T
	id  string
	dir string // of the sockets that lead out of the namespaces
}

// Cables of a node. Node n has 10.<cable>.<n>.2 at its end and the hub .1.
const (
	toClients  = 77
	toDatabase = 78
	toBus      = 79
)

func newPartition(t *testing.T) *partition {
	t.Helper()
	p := &partition{t: t, id: fmt.Sprintf("p%d", os.Getpid()), dir: t.TempDir()}
	if out, err := exec.Command("ip", "netns", "add", p.hub()).CombinedOutput(); err != nil {
		t.Skipf("no network namespace can be made here (%v: %s)", err, strings.TrimSpace(string(out)))
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", p.hub()).Run() })
	for n := range clusterNodes {
		p.ip("netns add " + p.node(n))
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", p.node(n)).Run() })
		for _, cable := range []int{toClients, toDatabase, toBus} {
			name := fmt.Sprintf("c%dn%d", cable, n)
			p.ip(fmt.Sprintf("-n %s link add %s type veth peer name c%d netns %s", p.hub(), name, cable, p.node(n)))
			p.ip(fmt.Sprintf("-n %s addr add 10.%d.%d.1/24 dev %s", p.hub(), cable, n, name))
			p.ip(fmt.Sprintf("-n %s addr add 10.%d.%d.2/24 dev c%d", p.node(n), cable, n, cable))
			p.ip(fmt.Sprintf("-n %s link set %s up", p.hub(), name))
			p.ip(fmt.Sprintf("-n %s link set c%d up", p.node(n), cable))
		}
	}
	return p
}

func (p *partition) hub() string       { return p.id + "hub" }
func (p *partition) node(n int) string { return fmt.Sprintf("%sn%d", p.id, n) }

func (p *partition) ip(args string) {
	p.t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		p.t.Fatalf("ip %s: %v: %s", args, err, out)
	}
}

// pull takes a node's cable out of the hub; plug puts it back.
func (p *partition) pull(n, cable int) { p.set(n, cable, "down") }
func (p *partition) plug(n, cable int) { p.set(n, cable, "up") }

func (p *partition) set(n, cable int, state string) {
	p.t.Helper()
	p.ip(fmt.Sprintf("-n %s link set c%dn%d %s", p.hub(), cable, n, state))
}

func within(namespace string) []string { return []string{"ip", "netns", "exec", namespace} }

// dial reaches what listens at an address in the namespaces, by way of the socket that leads there.
func (p *partition) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	return d.DialContext(ctx, "unix", filepath.Join(p.dir, host))
}

// newPartedCluster is a cluster whose nodes live in namespaces.
func newPartedCluster(t *testing.T) (*cluster, *partition) {
	dbtest.SkipTwice(t)
	p := newPartition(t)
	l := newLoopback(t)
	b := newBus(t, l)
	c := &cluster{torture: &torture{t: t, rest: 20 * time.Millisecond, pace: 10 * time.Millisecond}, net: l, bus: b}
	c.startPostgres()
	c.outward(p)
	c.env = []string{"PARLEY_SIGNING_KEY=" + signingKey()}
	c.flags = append(roomy(), "--access-token-lifetime", "7d", "--address-request-rate", "0", "--max-connections-per-address", "1000")
	c.open = func() *sql.DB { return openAt(t, l.databaseURL()) }
	c.http = &http.Client{Timeout: patience, Transport: &http.Transport{
		DialContext: p.dial, MaxIdleConnsPerHost: tortureSenders + tortureReaders,
	}}
	for n := range c.nodes {
		c.at[n] = fmt.Sprintf("10.%d.%d.2:8080", toClients, n)
		c.own[n] = []string{
			"--database-url", fmt.Sprintf("postgres://parley@10.%d.%d.1:5432/parley?sslmode=disable", toDatabase, n),
			"--nats-url", fmt.Sprintf("nats://10.%d.%d.1:4222", toBus, n),
		}
		c.in[n] = surroundings{before: within(p.node(n))}
	}
	c.startAll()
	return c, p
}

// outward leads from the hub to Postgres and NATS outside, and from files to the nodes. The hub's own
// loopback is not used.
func (c *cluster) outward(p *partition) {
	database, bus := filepath.Join(p.dir, "database"), filepath.Join(p.dir, "bus")
	startPipes(c.t, nil,
		"unix "+database+" tcp "+c.net.host(postgresHost)+":5432",
		"unix "+bus+" tcp "+c.net.host(sieveHost)+":4222")
	inside := []string{"tcp :5432 unix " + database, "tcp :4222 unix " + bus}
	for n := range clusterNodes {
		host := fmt.Sprintf("10.%d.%d.2", toClients, n)
		inside = append(inside, "unix "+filepath.Join(p.dir, host)+" tcp "+host+":8080")
	}
	startPipes(c.t, within(p.hub()), inside...)
}

// A node that is cut off from the bus is late and nothing else. One that is cut off from the database says so,
// gives its streams up after 15 s and takes part again as soon as it is back. Nothing is lost, doubled or swapped.
func TestClusterOutlivesPartitions(t *testing.T) {
	c, p := newPartedCluster(t)
	rest := c.load()
	c.moving(patience)
	for range clusterRounds(t, 1) {
		alone := c.busiest()
		p.pull(alone, toBus)
		c.moving(patience)
		c.pass(3 * time.Second)
		if cuts := c.cuts.since(0); len(cuts) > 0 {
			t.Errorf("a node without the bus ended streams: %v", cuts)
		}
		p.plug(alone, toBus)
		c.apart(p, c.busiest(), toDatabase)
		c.apart(p, c.busiest(), toDatabase, toBus)
	}
	j := c.finish(rest)
	c.show(j)
	c.wantToldBusy()
}

// apart cuts a node off from the database, and perhaps from more, until it has ended its streams.
func (c *cluster) apart(p *partition, n int, cables ...int) {
	c.t.Helper()
	before, begun := len(c.cuts.since(0)), time.Since(c.began)
	streams := c.streamsAt(n)
	for _, cable := range cables {
		p.pull(n, cable)
	}
	c.until("503 of a node without database", 15*time.Second, func() bool { return c.ready(n) == http.StatusServiceUnavailable })
	c.until("the end of its streams", time.Minute, func() bool { return len(c.cuts.since(before)) >= streams })
	for _, k := range c.cuts.since(before) {
		if after := k.when - begun; k.at != c.at[n] || after < 14*time.Second || !k.overSSE && k.code != websocket.StatusTryAgainLater {
			c.t.Errorf("%v after node %d lost its database a stream was ended: %+v", after, n, k)
		}
	}
	for _, cable := range cables {
		p.plug(n, cable)
	}
	c.until("200 of a node that is back", 15*time.Second, func() bool { return c.ready(n) == http.StatusOK })
	c.moving(10 * time.Second)
}
