package cluster

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"parley/children"
	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/network"
)

// A test that is killed leaves nothing behind: no Postgres, nodes, balancers or forwarders, no files and no network.
func TestKilledTestLeavesNothing(t *testing.T) {
	dbtest.SkipTwice(t)
	const victim = "KILLED_TEST"
	if os.Getenv(victim) != "" {
		startEachKind(t)
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledTestLeavesNothing$")
	cmd.Env = append(os.Environ(), victim+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	wait, err := children.Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	lines, files := bufio.NewScanner(out), []string(nil)
	for lines.Scan() && lines.Text() != "ready" {
		files = append(files, lines.Text())
	}
	started := descendants(t, cmd.Process.Pid)
	_ = cmd.Process.Kill()
	_ = wait() // it was killed
	all := fmt.Sprint(started)
	for _, program := range []string{`cluster.test --data`, `cluster.test(\]| \d)`, `haproxy -db`, `nginx: worker`, `postgres: checkpointer`, `names=`} {
		if !regexp.MustCompile(program).MatchString(all) {
			t.Errorf("%s was not started: %s, %s", program, all, files)
		}
	}
	if found := regexp.MustCompile(`postgres -D (\S+)/data`).FindStringSubmatch(all); found != nil {
		files = append(files, found[1])
	}
	for pid, program := range started {
		harness.Eventually(t, "the end of "+program, func() bool { return syscall.Kill(pid, 0) != nil })
	}
	for _, file := range files {
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", file, err)
		}
	}
}

// startEachKind starts all kinds of children that tests of this area have, and says what they made.
func startEachKind(t *testing.T) {
	addrs, start := nodesOf(t)
	start(0)
	haproxy(t, addrs)
	nginx(t, addrs)
	p := network.NewPartition(t)
	network.StartPipes(t, network.Within(p.Hub()), "unix "+p.Dir+"/in tcp 127.0.0.1:1")
	fmt.Println(os.TempDir())
	fmt.Println("/run/netns/" + p.Hub())
	fmt.Println("ready")
}

// descendants are the commands of the processes that a process started, and that those started.
func descendants(t *testing.T, of int) (commands map[int]string) {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	commands = map[int]string{}
	for before := -1; len(commands) > before; { // a child may stand before its parent
		before = len(commands)
		for line := range strings.Lines(string(out)) {
			fields := strings.Fields(line)
			pid, _ := strconv.Atoi(fields[0])
			parent, _ := strconv.Atoi(fields[1])
			if _, ours := commands[parent]; ours || parent == of {
				commands[pid] = strings.Join(fields[2:], " ")
			}
		}
	}
	return commands
}
