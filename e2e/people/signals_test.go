package people

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/children"
	"parley/e2e/harness"
)

// runAsTypist makes the test's own binary a client that types, so that it can be killed. It holds the address and a token.
const runAsTypist = "RUN_AS_TYPIST"

// typeUntilKilled says over a socket that it types in the room general, whenever it reads a line, and writes what it was answered.
func typeUntilKilled() {
	address, token, _ := strings.Cut(os.Getenv(runAsTypist), " ")
	ctx := context.Background()
	conn, _, err := websocket.Dial(ctx, "ws://"+address+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		panic(err)
	}
	message := `{"type":"connection_init","payload":{"authorization":"Bearer ` + token + `"}}`
	for lines := bufio.NewReader(os.Stdin); ; {
		if err := conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
			panic(err)
		}
		_, answer, err := conn.Read(ctx)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s\n", answer)
		if _, err := lines.ReadString('\n'); err != nil {
			os.Exit(0)
		}
		message = `{"id":"1","type":"subscribe","payload":{"query":"mutation { setTyping(room: \"general\") { id } }"}}`
	}
}

// A typist is that client.
type typist struct {
	t     *testing.T
	cmd   *exec.Cmd
	wait  func() error
	in    io.Writer
	lines *bufio.Scanner
}

func startTypist(t *testing.T, s *harness.Server, token string) *typist {
	t.Helper()
	c := &typist{t: t, cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), runAsTypist+"="+s.Addr+" "+token)
	in, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.wait, err = children.Start(c.cmd, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.in, c.lines = in, bufio.NewScanner(out)
	t.Cleanup(func() { _ = in.Close(); _ = c.wait() })
	c.want("connection_ack")
	return c
}

func (c *typist) want(text string) {
	c.t.Helper()
	if !c.lines.Scan() || !strings.Contains(c.lines.Text(), text) {
		c.t.Fatalf("the typist got %q, want %s", c.lines.Text(), text)
	}
}

// Whoever types and is killed with -9 is typing for six seconds at most, by what was told before: nothing is told for them
// behind that, and nothing says that it has ended.
func TestTypingEndsWithItsClient(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general", members: ["bob"]) { id } }`)
	k := live(s, bob)
	c := startTypist(t, s, ann)
	if _, err := io.WriteString(c.in, "\n"); err != nil {
		t.Fatal(err)
	}
	c.want(`"setTyping"`)
	typing := wantKind(k, "TYPING")
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.wait()
	killed := time.Now()
	if typing.Actor == nil || typing.Actor.Username != "ann" || typing.At.After(killed) || typing.Cursor != nil {
		t.Errorf("killed at %v, got %+v", killed, typing)
	}
	harness.Eventually(t, "the end of what was told", func() bool { return time.Now().After(typing.At.Add(6 * time.Second)) })
	send(s, bob, "general", "behind")
	wantKind(k, "CHAT_SENT")
}

// Nothing of a signal is in the database, in what is exported, nor in what a stream is given that begins before it.
func TestSignalsLeaveNoTrace(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir, harness.NoLimits()...))
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general", members: ["bob"]) { id } }`)
	id := send(s, ann, "general", "x")
	var place struct{ Room struct{ SyncCursor string } }
	const placeOf = `{ room(id: "general") { syncCursor } }`
	s.Must(&place, ann, placeOf)
	begin := place.Room.SyncCursor
	s.Must(nil, bob, readDocument, map[string]any{"chat": id}) // before: how far is kept, that it was told is not
	before := exported(t, dir, "before")
	k, own := live(s, ann), live(s, bob)
	for _, token := range []string{ann, bob} {
		s.Must(nil, token, `mutation { setTyping(room: "general") { id } }`)
	}
	if e := wantKind(k, "TYPING"); e.Actor.Username != "bob" {
		t.Errorf("got %+v", e)
	}
	if e := wantKind(own, "TYPING"); e.Actor.Username != "ann" {
		t.Errorf("got %+v", e)
	}
	if after := exported(t, dir, "after"); after != before || !strings.Contains(after, `"general"`) {
		t.Errorf("typing has changed what is exported from\n%s\nto\n%s", before, after)
	}
	if s.Must(&place, ann, placeOf); place.Room.SyncCursor != begin {
		t.Error("typing has moved the room's log")
	}
	next := send(s, ann, "general", "y")
	wantKind(own, "CHAT_SENT")
	s.Must(nil, bob, readDocument, map[string]any{"chat": next})
	wantRead(own, "bob", 2)
	if text := exported(t, dir, "last"); strings.Contains(text, "TYPING") || strings.Contains(text, "MEMBER_READ") {
		t.Errorf("exported: %s", text)
	}
	late := s.Dial(bob)
	late.Expect("connection_ack")
	late.Subscribe("1", eventsDocument, map[string]any{"rooms": []string{"general"}, "after": []string{begin}})
	for _, want := range []string{"CHAT_SENT", "CAUGHT_UP"} {
		wantKind(late, want)
	}
}

// Nothing of what a bot was writing is in the database or what lies beside it, in what is exported, or in the log.
func TestPreviewsLeaveNoTrace(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir, append(harness.NoLimits(), "--log-level", "debug")...))
	robot := s.Bot("robot")
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general", members: ["robot"]) { id } }`)
	k := s.Live(ann, `subscription($rooms: [ID!]) { events(rooms: $rooms) { kind preview } }`, "general")
	s.Must(nil, robot, `mutation { setTyping(room: "general", preview: "a wandering thought") { id } }`)
	if m := k.Expect("next"); !strings.Contains(string(m.Payload), `"preview":"a wandering thought"`) {
		t.Fatalf("got %s", m.Payload)
	}
	send(s, robot, "general", "a stored thought")
	k.Expect("next")
	found := exported(t, dir, "all") + s.Log.String()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			text, err := os.ReadFile(path)
			found += string(text)
			return err
		}
		return err
	})
	if err != nil || strings.Contains(found, "wandering") || strings.Contains(found, "TYPING") || !strings.Contains(found, "a stored thought") {
		t.Errorf("%v: it has left a trace, or nothing was read", err)
	}
}

// exported is what the command writes of the database of a running server.
func exported(t *testing.T, dir, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if status, stdout, stderr := harness.Command(append(databaseIn(t, dir), "export", file)...); status != 0 {
		t.Fatal(status, stdout, stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// databaseIn are the flags of a command on the database of a data directory.
func databaseIn(t *testing.T, dir string) []string {
	t.Helper()
	return append([]string{"--data", dir}, harness.DatabaseFlags(t, dir)...)
}
