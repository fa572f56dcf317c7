package auth

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
)

// While a room gets ten chats a second over two nodes, the shell makes, disables and enables people, makes and removes an admin and
// invites: each of it is so on both nodes, and of the chats none is missing.
func TestShellBesideSends(t *testing.T) {
	nodes := harness.StartNodes(t, 2, "--registration", "invite")
	one, two := nodes[0], nodes[1]
	ann := newAdmin(t, one, "ann")
	one.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	stop, sent := make(chan struct{}), 0
	var sends sync.WaitGroup
	sends.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if a := nodes[sent%2].AskThrough(ann, `mutation($t: String!) { sendChat(room: "general", text: $t) { number } }`, map[string]any{"t": fmt.Sprint(sent + 1)}); len(a.Errors) > 0 {
					t.Errorf("a send beside the shell: %s", a.Body)
					return
				}
				sent++
			}
		}
	})
	for i := range 3 {
		steerFromTheShell(t, one, two, fmt.Sprintf("bob%d", i))
	}
	close(stop)
	sends.Wait()
	var data struct {
		Room struct {
			LastChat struct {
				Number int
				Text   string
			}
		}
	}
	one.Must(&data, ann, `{ room(id: "general") { lastChat { number text } } }`)
	if last := data.Room.LastChat; sent == 0 || last.Number != sent || last.Text != fmt.Sprint(sent) {
		t.Errorf("of %d chats the last is number %d, %q", sent, last.Number, last.Text)
	}
}

// steerFromTheShell does with one person all that the shell can, and waits until each of it is so on both nodes.
func steerFromTheShell(t *testing.T, one, two *harness.Server, name string) {
	t.Helper()
	mustShell(t, one.Dir, "correct horse battery\n", "user", "add", name)
	p, q := one.SignIn(name, "correct horse battery"), two.SignIn(name, "correct horse battery")
	k := two.Dial(p.AccessToken)
	k.Expect("connection_ack")
	mustShell(t, one.Dir, "", "admin", "add", name)
	two.Must(nil, q.AccessToken, `mutation { createInvite { id } }`)
	mustShell(t, one.Dir, "", "admin", "remove", name)
	for _, node := range []*harness.Server{one, two} {
		wantReason(t, node.AskThrough(q.AccessToken, `{ invites { id } }`), "FORBIDDEN", "")
	}
	if a := registerWith(two, "guest"+name, shellInvite(t, one)); len(a.Errors) > 0 {
		t.Errorf("with an invite of the shell: %s", a.Body)
	}
	mustShell(t, one.Dir, "", "user", "disable", name)
	k.WantClose(4401)
	for _, node := range []*harness.Server{one, two} {
		harness.Eventually(t, "the end of "+name+"'s session", func() bool {
			a := node.AskThrough(p.AccessToken, `{ rooms { nodes { id } } }`)
			return a.Code() == "SESSION_REVOKED" && harness.WordOf(a, "reason") == "DISABLED"
		})
	}
	mustShell(t, one.Dir, "", "user", "enable", name)
	two.SignIn(name, "correct horse battery")
}
