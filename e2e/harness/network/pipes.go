// Package network puts nodes into network namespaces whose cables can be pulled out, and leads connections into them.
package network

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"parley/children"
)

// RunAsPipes makes the test's own binary a forwarder of connections: "tcp 10.0.0.1:1 unix /a,unix /b tcp 10.0.0.2:2"
// takes those to the first address of each pair and opens one to the second. Sockets in files cross namespaces
// of the network, all others do not.
const RunAsPipes = "RUN_AS_PIPES"

// JoinPipes serves until it is killed. It says "ready" when it listens.
func JoinPipes(pipes string) {
	for pipe := range strings.SplitSeq(pipes, ",") {
		ends := strings.Fields(pipe)
		listener, err := net.Listen(ends[0], ends[1])
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					os.Exit(1)
				}
				go join(conn, ends[2], ends[3])
			}
		}()
	}
	fmt.Println("ready")
	select {}
}

func join(conn net.Conn, network, address string) {
	other, err := net.Dial(network, address)
	if err != nil {
		_ = conn.Close()
		return
	}
	go func() {
		_, _ = io.Copy(conn, other)
		_, _ = conn.Close(), other.Close()
	}()
	_, _ = io.Copy(other, conn)
	_, _ = conn.Close(), other.Close()
}

// StartPipes runs such a forwarder behind a command until the test is over.
func StartPipes(t *testing.T, before []string, pipes ...string) {
	t.Helper()
	args := append(before, os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), RunAsPipes+"="+strings.Join(pipes, ","))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	wait, err := children.Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = wait() })
	said := make([]byte, 200)
	if n, _ := out.Read(said); string(said[:n]) != "ready\n" {
		t.Fatalf("the forwarder said: %s", said[:n])
	}
}
