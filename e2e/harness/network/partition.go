package network

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parley/children"
	"parley/machine"
)

// A Partition is a network of namespaces, made for one test: each node is alone in one, with three cables to a
// hub, where its clients, Postgres and NATS are. A cable that is pulled out swallows packets in silence.
type Partition struct {
	t   *testing.T
	id  string
	Dir string // of the sockets that lead out of the namespaces
}

// Cables of a node. Node n has 10.<cable>.<n>.2 at its end and the hub .1.
const (
	ToClients  = 77
	ToDatabase = 78
	ToBus      = 79
)

// NewPartition makes the namespaces, if that is allowed here.
func NewPartition(t *testing.T) *Partition {
	t.Helper()
	p := &Partition{t: t, id: fmt.Sprintf("p%d", os.Getpid()), Dir: t.TempDir()}
	if out, err := exec.Command("ip", "netns", "add", p.Hub()).CombinedOutput(); err != nil {
		machine.Lacks(t, fmt.Sprintf("no network namespace can be made here (%v: %s)", err, strings.TrimSpace(string(out))))
	}
	p.remove(p.Hub())
	for n := range ClusterNodes {
		p.ip("netns add " + p.Node(n))
		p.remove(p.Node(n))
		for _, cable := range []int{ToClients, ToDatabase, ToBus} {
			name := fmt.Sprintf("c%dn%d", cable, n)
			p.ip(fmt.Sprintf("-n %s link add %s type veth peer name c%d netns %s", p.Hub(), name, cable, p.Node(n)))
			p.ip(fmt.Sprintf("-n %s addr add 10.%d.%d.1/24 dev %s", p.Hub(), cable, n, name))
			p.ip(fmt.Sprintf("-n %s addr add 10.%d.%d.2/24 dev c%d", p.Node(n), cable, n, cable))
			p.ip(fmt.Sprintf("-n %s link set %s up", p.Hub(), name))
			p.ip(fmt.Sprintf("-n %s link set c%d up", p.Node(n), cable))
		}
	}
	return p
}

// Hub is the name of the namespace in the middle.
func (p *Partition) Hub() string { return p.id + "hub" }

// Node is the name of a node's namespace.
func (p *Partition) Node(n int) string { return fmt.Sprintf("%sn%d", p.id, n) }

func (p *Partition) ip(args string) {
	p.t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		p.t.Fatalf("ip %s: %v: %s", args, err, out)
	}
}

// remove removes a namespace when the test is over, or killed.
func (p *Partition) remove(namespace string) {
	p.t.Helper()
	p.t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", namespace).Run() })
	if err := children.Undo("ip", "netns", "del", namespace); err != nil {
		p.t.Fatal(err)
	}
}

// Pull takes a node's cable out of the hub; plug puts it back.
func (p *Partition) Pull(n, cable int) { p.set(n, cable, "down") }

// Plug puts a cable back.
func (p *Partition) Plug(n, cable int) { p.set(n, cable, "up") }

func (p *Partition) set(n, cable int, state string) {
	p.t.Helper()
	p.ip(fmt.Sprintf("-n %s link set c%dn%d %s", p.Hub(), cable, n, state))
}

// Within is a command that runs another one in a namespace.
func Within(namespace string) []string { return []string{"ip", "netns", "exec", namespace} }

// Dial reaches what listens at an address in the namespaces, by way of the socket that leads there.
func (p *Partition) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	return d.DialContext(ctx, "unix", filepath.Join(p.Dir, host))
}
