// Package children is for tests: processes and folders that go when this process goes, however that happens: at its end, by a
// panic, a timeout or kill -9. It rests on a pipe to a shell. When the last end of it that can be written is closed, by
// whom it does not matter, the shell undoes what it was told.
package children

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

//go:embed undo.sh
var undo string

// shell starts the shell, once, and returns the pipe to it.
var shell = sync.OnceValues(func() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // the shell has its own copy
	cmd := exec.Command("sh", "-c", undo)
	cmd.Stdin, cmd.Dir = r, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt of ours is none of the shell's
	return w, cmd.Start()
})

// enter makes a process tell the shell about itself before it becomes the program, so that there is no moment in which it
// runs and the shell does not know it: the pipe is open until it has.
const enter = `echo "p$$ end $0 $$" >&3; exec "$@" 3>&-`

// Start starts a command in a process group of its own, which gets a signal when this process is gone, and SIGKILL
// five seconds later. wait is cmd.Wait, and has to be called instead of it. The command has no ExtraFiles.
func Start(cmd *exec.Cmd, signal syscall.Signal) (wait func() error, err error) {
	if cmd.Err != nil {
		return nil, cmd.Err
	}
	pipe, err := shell()
	if err != nil {
		return nil, err
	}
	path, args := cmd.Path, cmd.Args
	defer func() { cmd.Path, cmd.Args = path, args }()
	cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", enter, strconv.Itoa(int(signal)), path}, args[1:]...)
	cmd.ExtraFiles = []*os.File{pipe}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() error {
		err := cmd.Wait()
		_, _ = fmt.Fprintf(pipe, "p%d\n", cmd.Process.Pid) // its number may be another's from here on
		return err
	}, nil
}

var undone atomic.Int64

// Undo has a command run when this process is gone, and before it those that are said later. It runs in any case, perhaps
// twice, so it undoes what may have been undone.
func Undo(command ...string) error {
	pipe, err := shell()
	if err != nil {
		return err
	}
	line := fmt.Sprintf("u%d", undone.Add(1))
	for _, word := range command {
		line += " '" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	_, err = pipe.WriteString(line + "\n")
	return err
}

// Folder is os.MkdirTemp. The folder is removed when this process is gone, if it still exists.
func Folder(dir, pattern string) (string, error) {
	folder, err := os.MkdirTemp(dir, pattern)
	if err != nil {
		return "", err
	}
	whole, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	return folder, Undo("rm", "-rf", whole)
}

// HoldTemp makes a folder for all temporary files of this process and of those that it starts. It comes before the first
// of them, and takes along what a killed test leaves in T.TempDir.
func HoldTemp() error {
	folder, err := Folder("", "t")
	if err != nil {
		return err
	}
	if err := os.Chmod(folder, 0o755); err != nil { // what runs as somebody else has folders in it
		return err
	}
	return os.Setenv("TMPDIR", folder)
}
