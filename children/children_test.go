package children

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/rounds"
)

// victim in the environment makes this binary the one that ends, in the way that it says.
const victim = "CHILDREN_VICTIM"

func TestMain(m *testing.M) {
	if how := os.Getenv(victim); how != "" {
		if err := become(how); err != nil {
			fmt.Println(err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// become starts children that hold our standard output, says where its temporary files are, and ends, or waits to be
// killed. What is named in FIFO hears when all is undone.
func become(how string) error {
	if err := Undo("sh", "-c", `test -p "$0" && echo undone > "$0" && rm "$0"`, os.Getenv("FIFO")); err != nil {
		return err
	}
	if err := HoldTemp(); err != nil {
		return err
	}
	for n := 0; n < 1 || how == "killed while it starts"; n++ {
		if err := haveChildren(); err != nil {
			return err
		}
		if n == 0 {
			fmt.Println(os.TempDir())
		}
	}
	switch how {
	case "killed":
		select {}
	case "panic":
		panic(how)
	}
	return nil
}

// haveChildren starts one with a child of its own and one that is stopped, in which no signal arrives.
func haveChildren() error {
	for _, script := range []string{"cat /dev/zero >/dev/null & wait", "kill -STOP $$"} {
		cmd := exec.Command("sh", "-c", script)
		cmd.Stdout = os.Stdout
		if _, err := Start(cmd, syscall.SIGTERM); err != nil {
			return err
		}
	}
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "file"), []byte("x"), 0o600)
}

// A test that was killed left its servers and their databases behind: 17 GB of them in a month.
func TestNothingIsLeftOf(t *testing.T) {
	for _, how := range []string{"killed", "panic", "exit"} {
		t.Run(how, func(t *testing.T) { wantNothingLeftOf(t, how) })
	}
	for range rounds.Of(t, 5, 100) {
		wantNothingLeftOf(t, "killed while it starts")
	}
}

func wantNothingLeftOf(t *testing.T, how string) {
	t.Helper()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victim+"="+how, "FIFO="+fifo)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	wait, err := Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	folder, err := said.ReadString('\n')
	if err != nil || !filepath.IsAbs(folder) {
		t.Fatalf("%v: %s", err, folder)
	}
	if strings.HasPrefix(how, "killed") {
		_ = cmd.Process.Kill()
	}
	if more, err := io.ReadAll(said); err != nil || len(more) > 0 { // its children have the other end
		t.Errorf("%v: %s", err, more)
	}
	_ = wait() // its status says how it ended
	if text, err := os.ReadFile(fifo); err != nil || string(text) != "undone\n" {
		t.Errorf("%v: %q", err, text)
	}
	if _, err := os.Stat(strings.TrimSpace(folder)); !os.IsNotExist(err) {
		t.Errorf("the folder is there: %v", err)
	}
}

// What has been forgotten is not undone: the number of a process may be another's.
func TestForgottenIsNotUndone(t *testing.T) {
	cmd := exec.Command("sh", "-c", undo)
	cmd.Stdin = strings.NewReader("p5 echo five\np6 echo six\nu1 echo 'it is' one\np5\np7 echo seven\n")
	out, err := cmd.Output()
	if err != nil || string(out) != "seven\nit is one\nsix\n" {
		t.Errorf("%v: %s", err, out)
	}
}

// A program that does not exist is an error of Start, and wait returns how a command ended.
func TestStartReturnsWhatTheCommandReturns(t *testing.T) {
	if _, err := Start(exec.Command("nosuchprogram"), syscall.SIGKILL); err == nil {
		t.Error("it started")
	}
	cmd := exec.Command("sh", "-c", `echo "$0 $1"; ls /proc/self/fd/3 2>/dev/null; exit 7`, "a b", "'c'")
	var out strings.Builder
	cmd.Stdout = &out
	args := cmd.String()
	wait, err := Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	if err := wait(); err == nil || cmd.ProcessState.ExitCode() != 7 || cmd.String() != args || out.String() != "a b 'c'\n" {
		t.Errorf("%v: %s: %s", err, cmd, out.String())
	}
}
