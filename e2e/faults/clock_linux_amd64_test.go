package faults

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"parley/e2e/harness"
)

// clockFile names a file of 8 bytes: by so many seconds the clock of a process is wrong, at each moment.
const clockFile = "CLOCK_FILE"

func init() {
	if path := os.Getenv(clockFile); path != "" {
		if err := followClock(path); err != nil {
			panic(err)
		}
	}
}

// followClock makes the time of this process that of the kernel plus what is in a file. Go reads the clock
// from the vDSO, where no preloaded library and no tracer of system calls sees it; so the function there is
// replaced by one that asks the kernel and adds. CLOCK_MONOTONIC stays as it is, as when a clock is set.
func followClock(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	seconds, err := syscall.Mmap(int(f.Fd()), 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	memory, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = memory.Close() }()
	at, err := clockFunction(memory)
	if err != nil {
		return err
	}
	code := []byte{
		0xb8, 228, 0, 0, 0, // mov eax, SYS_clock_gettime
		0x0f, 0x05, // syscall
		0x85, 0xff, // test edi, edi: is it CLOCK_REALTIME?
		0x75, 16, // jne to the end
		0x48, 0xb9, // movabs rcx, where the seconds are
	}
	code = binary.LittleEndian.AppendUint64(code, uint64(uintptr(unsafe.Pointer(&seconds[0]))))
	code = append(code,
		0x48, 0x8b, 0x09, // mov rcx, [rcx]
		0x48, 0x01, 0x0e, // add [rsi], rcx: seconds of the timespec
		0xc3, // ret
	)
	_, err = memory.WriteAt(code, at) // of a private copy of the page
	return err
}

// clockFunction finds clock_gettime in the vDSO.
func clockFunction(memory io.ReaderAt) (at int64, err error) {
	auxv, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		return 0, err
	}
	const sysinfoEHDR = 33
	var base int64
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		if binary.LittleEndian.Uint64(auxv) == sysinfoEHDR {
			base = int64(binary.LittleEndian.Uint64(auxv[8:]))
		}
	}
	image := make([]byte, 2*os.Getpagesize())
	n, err := memory.ReadAt(image, base)
	if n == 0 {
		return 0, fmt.Errorf("read the vDSO: %w", err)
	}
	object, err := elf.NewFile(bytes.NewReader(image[:n]))
	if err != nil {
		return 0, err
	}
	symbols, err := object.DynamicSymbols()
	if err != nil {
		return 0, err
	}
	for _, s := range symbols {
		if s.Name == "__vdso_clock_gettime" {
			return base + int64(s.Value), nil
		}
	}
	return 0, fmt.Errorf("no clock_gettime among %d functions", len(symbols))
}

// wrongClock is the clock of a process that can be set while it runs.
type wrongClock struct {
	t    *testing.T
	path string
}

func newWrongClock(t *testing.T, by time.Duration) wrongClock {
	t.Helper()
	c := wrongClock{t, filepath.Join(t.TempDir(), "clock")}
	c.set(by)
	return c
}

func (c wrongClock) set(by time.Duration) {
	c.t.Helper()
	f, err := os.OpenFile(c.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := f.Write(binary.LittleEndian.AppendUint64(nil, uint64(by/time.Second))); err != nil { // in one call
		c.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		c.t.Fatal(err)
	}
}

func (c wrongClock) env() []string { return []string{clockFile + "=" + c.path} }

// wantClock wants the server to believe that it is so much later than it is, to a quarter of an hour.
func wantClock(s *harness.Server, by time.Duration) {
	s.T.Helper()
	var data struct{ Server struct{ Time time.Time } }
	s.Must(&data, "", `{ server { time } }`)
	if off := time.Until(data.Server.Time) - by; off.Abs() > 15*time.Minute {
		s.T.Fatalf("the server's clock is %v further than it should be", off)
	}
}

// saidAt says something and returns when that was, by the server's clock.
func saidAt(s *harness.Server, token string) time.Time {
	s.T.Helper()
	var data struct{ SendChat struct{ CreatedAt time.Time } }
	s.Must(&data, token, `mutation { sendChat(room: "general", text: "x") { createdAt } }`)
	return data.SendChat.CreatedAt
}

// A machine starts with a clock that is ten years ahead, which is set right while the server runs, and jumps
// once more. Nobody is held until that time by anything that was done then: not those who signed in, nor
// whose password was guessed, nor the room in which something was said.
func TestServerOutlivesAWrongClock(t *testing.T) {
	const years = 10 * 365 * 24 * time.Hour
	clock := newWrongClock(t, years)
	dir := harness.DataDir(t)
	p := harness.StartProcessIn(t, harness.Environment{Env: clock.env()}, dir, harness.BehindProxy)
	wantClock(&p.Server, years)
	ann, refresh := p.Register("ann")
	p.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	saidAt(&p.Server, ann)
	guess := func() {
		t.Helper()
		for i := 0; ; i++ {
			a := p.LoginFrom(fmt.Sprintf("198.51.%d.7", i), "ann", "wrong horse battery")
			if a.Code() == "RATE_LIMITED" {
				return
			}
			if a.Code() != "INVALID_CREDENTIALS" {
				t.Fatal(a.Body)
			}
		}
	}
	guess()
	right := func(when string) {
		t.Helper()
		wantClock(&p.Server, 0)
		p.WantCode(ann, "")
		next, a := p.Refresh(refresh, "")
		if len(a.Errors) > 0 {
			t.Fatalf("%s: a fresh token: %s", when, a.Body)
		}
		ann, refresh = next.AccessToken, next.RefreshToken
		p.WantCode(ann, "")
		if a := p.LoginFrom("203.0.113.1", "ann", "correct horse battery"); len(a.Errors) > 0 {
			t.Errorf("%s: the owner from elsewhere: %s", when, a.Body)
		}
		if at := saidAt(&p.Server, ann); time.Until(at).Abs() > 15*time.Minute {
			t.Errorf("%s: a chat is of %v", when, at)
		}
	}
	clock.set(0)
	right("set right")

	clock.set(years)
	_, refresh = p.Register("bob")
	bob := p.SignIn("bob", "correct horse battery")
	saidAt(&p.Server, bob.AccessToken)
	ann = bob.AccessToken
	guess()
	clock.set(0)
	right("after a jump")
	_ = p.Stop()

	p = harness.StartProcess(t, dir, harness.BehindProxy)
	right("after a restart")
	_ = p.Stop()

	file, moved := filepath.Join(t.TempDir(), "export"), harness.DataDir(t)
	flags := func(dir string) []string { return append([]string{"--data", dir}, harness.DatabaseFlags(t, dir)...) }
	for _, args := range [][]string{append(flags(dir), "export", file), append(flags(moved), "import", file)} {
		if status, _, stderr := harness.Command(args...); status != 0 {
			t.Errorf("moved: %s", stderr)
		}
	}
}
