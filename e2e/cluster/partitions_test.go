package cluster

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/load"
	"parley/e2e/harness/network"
	"parley/rounds"
)

// newPartedCluster is a cluster whose nodes live in namespaces.
func newPartedCluster(t *testing.T) (*cluster, *network.Partition) {
	dbtest.SkipTwice(t)
	p := network.NewPartition(t)
	l := newLoopback(t)
	b := startNATS(t, l)
	c := &cluster{Torture: &load.Torture{T: t, Rest: 20 * time.Millisecond, Pace: 10 * time.Millisecond}, net: l, nats: b}
	c.startPostgres()
	c.connectNamespaces(p)
	c.env = []string{"PARLEY_SIGNING_KEY=" + signingKey()}
	c.flags = append(harness.NoLimits(), "--access-token-lifetime", "7d", "--address-request-rate", "0", "--max-connections-per-address", "1000")
	c.Open = func() *sql.DB { return openAt(t, l.databaseURL()) }
	c.HTTP = &http.Client{Timeout: harness.Timeout, Transport: &http.Transport{
		DialContext: p.Dial, MaxIdleConnsPerHost: load.TortureSenders + load.TortureReaders,
	}}
	for n := range c.nodes {
		c.at[n] = fmt.Sprintf("10.%d.%d.2:8080", network.ToClients, n)
		c.own[n] = []string{
			"--database-url", fmt.Sprintf("postgres://parley@10.%d.%d.1:5432/parley?sslmode=disable", network.ToDatabase, n),
			"--nats-url", fmt.Sprintf("nats://10.%d.%d.1:4222", network.ToBus, n),
		}
		c.in[n] = harness.Environment{Before: network.Within(p.Node(n))}
	}
	c.startAll()
	return c, p
}

// connectNamespaces leads from the hub to Postgres and NATS outside, and from files to the nodes. The hub's own
// loopback is not used.
func (c *cluster) connectNamespaces(p *network.Partition) {
	database, bus := filepath.Join(p.Dir, "database"), filepath.Join(p.Dir, "bus")
	network.StartPipes(c.T, nil,
		"unix "+database+" tcp "+c.net.host(postgresHost)+":5432",
		"unix "+bus+" tcp "+c.net.host(proxyHost)+":4222")
	inside := []string{"tcp :5432 unix " + database, "tcp :4222 unix " + bus}
	for n := range network.ClusterNodes {
		host := fmt.Sprintf("10.%d.%d.2", network.ToClients, n)
		inside = append(inside, "unix "+filepath.Join(p.Dir, host)+" tcp "+host+":8080")
	}
	network.StartPipes(c.T, network.Within(p.Hub()), inside...)
}

// A node that is cut off from the bus is late and nothing else. One that is cut off from the database says so,
// gives its streams up after 15 s and takes part again as soon as it is back. Nothing is lost, doubled or swapped.
func TestClusterOutlivesPartitions(t *testing.T) {
	c, p := newPartedCluster(t)
	rest := c.Load()
	c.awaitProgress()
	alone := c.nodeWithMostStreams()
	p.Pull(alone, network.ToBus)
	c.awaitProgress()
	c.pass(3 * time.Second)
	if cuts := c.Cuts.Since(0); len(cuts) > 0 {
		t.Errorf("a node without NATS ended streams: %v", cuts)
	}
	p.Plug(alone, network.ToBus)
	c.cutOff(p, c.nodeWithMostStreams(), network.ToDatabase)
	if rounds.Of(t, 1, 2) > 1 {
		c.cutOff(p, c.nodeWithMostStreams(), network.ToDatabase, network.ToBus)
	}
	j := c.finish(rest)
	c.show(j)
	c.wantToldBusy()
}

// cutOff cuts a node off from the database, and perhaps from more, until it has ended its streams.
func (c *cluster) cutOff(p *network.Partition, n int, cables ...int) {
	c.T.Helper()
	before, begun := len(c.Cuts.Since(0)), time.Since(c.Began)
	streams := c.streamsAt(n)
	for _, cable := range cables {
		p.Pull(n, cable)
	}
	c.until("503 of a node without database", func() bool { return c.ready(n) == http.StatusServiceUnavailable })
	c.until("the end of its streams", func() bool { return len(c.Cuts.Since(before)) >= streams })
	for _, k := range c.Cuts.Since(before) {
		if after := k.When - begun; k.At != c.at[n] || after < 14*time.Second || !k.OverSSE && k.Code != websocket.StatusTryAgainLater {
			c.T.Errorf("%v after node %d lost its database a stream was ended: %+v", after, n, k)
		}
	}
	for _, cable := range cables {
		p.Plug(n, cable)
	}
	c.until("200 of a node that is back", func() bool { return c.ready(n) == http.StatusOK })
	c.awaitProgress()
}
