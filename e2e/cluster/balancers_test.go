package cluster

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/children"
	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/writers"
	"parley/machine"
)

// freeAddr returns an address that nothing listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// A balancer is a program of others with our file for it.
type balancer struct {
	harness.Server
	cmd *exec.Cmd
}

// balance starts a program with a file of deploy in which what differs here is replaced.
func balance(t *testing.T, addr, file string, differs *strings.Replacer, command ...string) *balancer {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		machine.Lacks(t, command[0]+" is not installed")
	}
	text, err := os.ReadFile("../../deploy/" + file)
	if err != nil {
		t.Fatal(err)
	}
	written := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(written, []byte(differs.Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	b := &balancer{Server: harness.Server{T: t, Addr: addr, Log: &harness.Log{}}}
	b.cmd = exec.Command(command[0], append(command[1:], written)...)
	b.cmd.Stdout, b.cmd.Stderr = b.Log, b.Log
	wait, err := children.Start(b.cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.cmd.Process.Signal(syscall.SIGTERM) // an interrupt is ignored by what a job in the background starts
		_ = wait()                                // its status says nothing
		if t.Failed() {
			t.Log(b.Log)
		}
	})
	harness.Eventually(t, "the balancer", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return b
}

func haproxy(t *testing.T, nodes []string) *balancer {
	addr := freeAddr(t)
	return balance(t, addr, "haproxy.cfg", strings.NewReplacer("bind :8080", "bind "+addr, "maxconn 20000", "maxconn 1000",
		"node1:8080", nodes[0], "node2:8080", nodes[1], "server node3 node3:8080", "",
	), "haproxy", "-db", "-f")
}

// nginx runs our file inside the smallest one around it, without TLS.
func nginx(t *testing.T, nodes []string) *balancer {
	addr, dir := freeAddr(t), t.TempDir()
	paths := ""
	for _, path := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		paths += fmt.Sprintf("%s_temp_path %s/%s;\n", path, dir, path)
	}
	return balance(t, addr, "nginx.conf", strings.NewReplacer(
		"map $http_upgrade", "daemon off; pid "+dir+"/pid; error_log stderr; events {} http { access_log off;\n"+paths+"map $http_upgrade",
		"server 127.0.0.1:8080 max_fails=0;", "server "+nodes[0]+" max_fails=0; server "+nodes[1]+" max_fails=0;",
		"listen 80;", "listen unix:"+dir+"/http;", "listen 443 ssl http2;", "listen "+addr+";", "ssl_certificate ", "# ", "ssl_certificate_key", "#",
		"proxy_next_upstream error timeout;\n    }\n}", "proxy_next_upstream error timeout;\n    }\n}\n}",
	), "nginx", "-e", "stderr", "-c")
}

// nodesOf starts two nodes on one Postgres, each at an address that it keeps.
func nodesOf(t *testing.T, flags ...string) (addrs []string, start func(i int) *harness.Process) {
	dbtest.SkipTwice(t)
	server, err := dbtest.NewServer(t.Context(), dbtest.InMemory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Remove)
	addrs = []string{freeAddr(t), freeAddr(t)}
	with := harness.Environment{Env: []string{"PARLEY_SIGNING_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}}
	return addrs, func(i int) *harness.Process {
		return harness.StartProcessIn(t, with, harness.DataDir(t), append(append(harness.NoLimits(),
			"--database-url", server.URL("postgres"), "--addr", addrs[i], "--trusted-proxies", "127.0.0.1"), flags...)...)
	}
}

// Behind our file for HAProxy two nodes are restarted one after the other, while there is talk and people read:
// no send fails, and each reader comes back behind the chat that it has read last, over a WebSocket and as
// server-sent events.
func TestRollingRestartBehindHAProxy(t *testing.T) {
	addrs, start := nodesOf(t, "--drain-delay", "5s")
	nodes := []*harness.Process{start(0), start(1)}
	b := haproxy(t, addrs)
	up := func(i int) func() bool {
		return func() bool { return strings.Contains(b.Log.String(), fmt.Sprintf("Server nodes/node%d is UP", i+1)) }
	}
	followed(t, &b.Server, func(token string) int {
		k := writers.Start(&b.Server, token, 2)
		for i, node := range nodes {
			node.Interrupt()
			nodes[i] = start(i)
			harness.Eventually(t, "the node in the balancer", up(i))
		}
		before := len(k.AnsweredSoFar())
		harness.Eventually(t, "talk after the restart", func() bool { return len(k.AnsweredSoFar()) > before })
		k.Stop()
		if len(k.Codes) > 0 || k.Silent > 0 {
			t.Errorf("of %d sends some failed: %v, %d without an answer", len(k.Answered), k.Codes, k.Silent)
		}
		return 1 + len(k.Answered)
	})
}

// Our file for nginx lets WebSockets and event streams through as they come, and leaves a node that has ended for
// the other one.
func TestRestartBehindNginx(t *testing.T) {
	addrs, start := nodesOf(t)
	nodes := []*harness.Process{start(0), start(1)}
	b := nginx(t, addrs)
	followed(t, &b.Server, func(token string) int {
		for i, node := range nodes {
			node.Interrupt()
			b.SendChat(token, "one node is left")
			nodes[i] = start(i)
		}
		return 3
	})
}

// HAProxy with our file finds a node on loopback healthy, though no proxy is declared there, and people who come by a
// name through it are told what is missing.
func TestHAProxyBeforeANodeThatDeclaresNone(t *testing.T) {
	addr := freeAddr(t)
	b := haproxy(t, []string{addr, freeAddr(t)})
	is := func(state string) func() bool {
		return func() bool { return strings.Contains(b.Log.String(), "Server nodes/node1 is "+state) }
	}
	harness.Eventually(t, "the end of a node that never was", is("DOWN"))
	harness.New(t, "--addr", addr)
	harness.Eventually(t, "the node in the balancer", is("UP"))
	b.WantHosts(200, b.Addr, "node1:8080", "localhost")
	b.WantHosts(421, "chat.example.org")
}
