package accounts

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"parley/auth"
	"parley/db"
	"parley/db/dbtest"
)

// startOnOwn starts a node on a Postgres of its own, by an URL that is made from the server's.
func startOnOwn(t *testing.T, through func(t *testing.T, socket string) string) (*node, *dbtest.Server) {
	t.Helper()
	if !dbtest.OnPostgres() {
		t.Skip("SQLite is in this process, and has no connection to lose")
	}
	server := must(dbtest.NewServer(t.Context(), dbtest.InMemory))(t)
	t.Cleanup(server.Remove)
	host := must(url.Parse(server.URL("postgres")))(t).Query().Get("host")
	n := start(t)
	store := must(db.Open(t.Context(), db.Options{URL: through(t, filepath.Join(host, ".s.PGSQL.5432"))}))(t)
	t.Cleanup(func() { _ = store.Close() })
	n.restart(store, n.ring)
	return n, server
}

// While Postgres is down everybody is told to come again, and nobody that they are not signed in: they would
// throw their tokens away. When it is back all of it works, with the same tokens and without a restart.
func TestDownIsNobodysFault(t *testing.T) {
	n, server := startOnOwn(t, func(_ *testing.T, socket string) string {
		return "postgres://parley@/postgres?host=" + filepath.Dir(socket)
	})
	in := n.signUp("ada")
	who := n.wantLive(in.AccessToken)
	ended, out := must(n.Login(t.Context(), "ada", password, home))(t), must(n.Login(t.Context(), "ada", password, home))(t)
	calls := map[string]func() error{
		"identify": func() error { _, err := n.identify(in.AccessToken); return err },
		"register": func() error { _, err := n.Register(t.Context(), "bob", password, home); return err },
		"login":    func() error { _, err := n.Login(t.Context(), "ada", password, home); return err },
		"refresh":  func() error { _, err := n.refreshWith(*in.RefreshToken, "attempt"); return err },
		"sessions": func() error { _, err := n.Sessions(t.Context(), who); return err },
		"user":     func() error { _, err := n.UserByNameOrID(t.Context(), "ada"); return err },
		"change":   func() error { return n.ask("change", who, password) },
		"end":      func() error { _, err := n.EndSession(t.Context(), who, ended.SessionID.String()); return err },
		"logout": func() error { // like "end" it ends access all the same, so both have sessions of their own
			_, err := n.Logout(auth.WithCaller(t.Context(), auth.Caller{Token: auth.Secret(out.AccessToken)}), auth.LogoutCurrent, nil)
			return err
		},
		"look": func() error { return n.lookForEnded(t.Context()) }, "clean": func() error { return n.clean(t.Context()) },
	}
	server.Kill()
	n.clock.pass(2 * time.Second) // nothing is in the cache any more
	for what, call := range calls {
		if err := call(); !errors.Is(err, db.ErrDown) && !errors.Is(err, db.ErrBusy) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"identify", "register", "login", "refresh", "sessions", "user", "look", "clean", "change", "logout"} {
		if err := calls[what](); err != nil {
			t.Errorf("%s after the restart: %v", what, err)
		}
	}
}

// cutter passes connections on to a socket until it is armed: then it cuts the next one that commits, before
// the commit arrives or before its answer does.
type cutter struct {
	cut    atomic.Int32 // one of the below
	socket string
}

const beforeCommit, beforeAnswer = 1, 2

func (c *cutter) listen(t *testing.T, socket string) string {
	c.socket = socket
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.pass(client)
		}
	}()
	return "postgres://parley@" + l.Addr().String() + "/postgres?sslmode=disable"
}

func (c *cutter) pass(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("unix", c.socket)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	go func() { _, _ = io.Copy(client, server); _ = client.Close() }()
	piece := make([]byte, 1<<16)
	for {
		n, err := client.Read(piece)
		if err != nil {
			return
		}
		if bytes.Contains(bytes.ToLower(piece[:n]), []byte("commit")) {
			switch c.cut.Swap(0) {
			case beforeCommit:
				return
			case beforeAnswer:
				_ = client.Close() // so the answer cannot pass
				_, _ = server.Write(piece[:n])
				_, _ = server.Read(piece[:1]) // the commit is over
				return
			}
		}
		if _, err := server.Write(piece[:n]); err != nil {
			return
		}
	}
}

// A connection is lost while a refresh commits: nobody can say whether it did, and that is what is said. The
// same attempt again tells: it gets the tokens that were issued, or has them issued.
func TestLostCommitIsResolvedByTheSameAttempt(t *testing.T) {
	for name, cut := range map[string]int32{"before it": beforeCommit, "before its answer": beforeAnswer} {
		t.Run(name, func(t *testing.T) {
			var c cutter
			n, _ := startOnOwn(t, c.listen)
			in := n.signUp("ada")
			c.cut.Store(cut)
			_, err := n.refreshWith(*in.RefreshToken, "attempt")
			wantError(t, err, db.ErrUnknownOutcome)
			generation := n.session(in.AccessToken).Generation
			for end := time.Now().Add(timeout); cut == beforeAnswer && generation == 0 && time.Now().Before(end); {
				generation = n.session(in.AccessToken).Generation // the commit is on its way
			}
			if want := map[int32]int{beforeCommit: 0, beforeAnswer: 1}[cut]; generation != want {
				t.Errorf("generation %d, want %d", generation, want)
			}
			first := must(n.refreshWith(*in.RefreshToken, "attempt"))(t)
			again := must(n.refreshWith(*in.RefreshToken, "attempt"))(t)
			if first.AccessToken != again.AccessToken || *first.RefreshToken != *again.RefreshToken {
				t.Error("two pairs for one attempt")
			}
			n.wantLive(first.AccessToken)
			if got := n.session(first.AccessToken).Generation; got != 1 {
				t.Errorf("generation %d", got)
			}
		})
	}
}

// A connection is lost while somebody is disabled or a bot's token is renewed: nobody can say whether it was, and what they have open here
// has ended when that is said. It went on for as long as what was read of it was believed.
func TestLostCommitEndsWhatIsOpen(t *testing.T) {
	for name, cut := range map[string]int32{"before it": beforeCommit, "before its answer": beforeAnswer} {
		t.Run(name, func(t *testing.T) {
			var c cutter
			n, _ := startOnOwn(t, c.listen)
			root := n.admin("root")
			_, token := n.bot(root, "robot")
			ada := n.signUp("ada")
			wantEnd := func(token string, end func() error) {
				t.Helper()
				before := n.wantLive(token)
				c.cut.Store(cut)
				wantError(t, end(), db.ErrUnknownOutcome)
				if !n.wasTold(before.SessionID) {
					t.Error("its sockets go on")
				}
			}
			wantEnd(token, func() error { _, err := n.RenewBotToken(t.Context(), root, "robot"); return err })
			n.await(token, map[int32]error{beforeAnswer: auth.ErrUnauthenticated}[cut])
			token = *must(n.RenewBotToken(t.Context(), root, "robot"))(t).Token
			wantEnd(token, func() error { return n.disable(root, "robot", true) })
			n.await(token, map[int32]error{beforeAnswer: auth.ErrSessionRevoked}[cut])
			wantEnd(ada.AccessToken, func() error { return n.disable(root, "ada", true) })
			n.wantDead(ada.AccessToken, auth.ReasonDisabled)
			wantError(t, n.disable(root, "ada", false), nil)
			wantError(t, n.sessions.WriteEnds(t.Context()), nil)
			n.clock.pass(time.Hour)
			n.wantDead(ada.AccessToken, auth.ReasonDisabled)
			n.wantLive(n.signIn("ada").AccessToken)
		})
	}
}

// await waits until a token is refused like this, or good with nil: a commit may be on its way.
func (n *node) await(token string, want error) {
	n.t.Helper()
	for end := time.Now().Add(timeout); ; n.clock.pass(2 * time.Second) {
		if _, err := n.identify(token); errors.Is(err, want) || time.Now().After(end) {
			wantError(n.t, err, want)
			return
		}
	}
}
