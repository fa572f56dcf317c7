package accounts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/auth"
	"parley/auth/sessions"
	"parley/auth/sessions/recent"
	"parley/db"
)

// Tokens that are none cost no query, but the one in two seconds that all share.
func TestJunkTokens(t *testing.T) {
	n := start(t)
	_, token := n.bot(n.admin("root"), "robot")
	other, statements := n.counted()
	_, err := other.identify("parley_bot_" + strings.Repeat("A", 43))
	wantError(t, err, auth.ErrUnauthenticated)
	first := statements.Load()
	if first == 0 {
		t.Fatal("nobody has asked the database")
	}
	for i := range 500 {
		for _, junk := range []string{fmt.Sprintf("parley_bot_%d", i), token[:len(token)-1], token + "A", strings.ToUpper(token), "parley_bot_", "parley_bot_" + strings.Repeat("🤖", i)} {
			_, err := other.identify(junk)
			wantError(t, err, auth.ErrUnauthenticated)
		}
	}
	other.wantLive(token)
	if now := statements.Load(); now != first {
		t.Errorf("%d statements for tokens that are none", now-first)
	}
}

// What other nodes end of bots is looked for each second, so that sockets there close within two.
func TestBotsAreLookedForEachSecond(t *testing.T) {
	tasks := start(t).tasks()
	i := slices.IndexFunc(tasks, func(one sessions.Task) bool { return one.Name == "look for bots" })
	if i < 0 || tasks[i].First > time.Second || tasks[i].Every > time.Second {
		t.Errorf("the tasks are %+v", tasks)
	}
}

// Where nobody has asked for a bot yet, nobody looks for them.
func TestNoLookWithoutBots(t *testing.T) {
	n, statements := start(t).counted()
	before := statements.Load()
	wantError(t, n.bots.Look(t.Context()), nil)
	if statements.Load() != before {
		t.Error("it looked")
	}
}

// While the database cannot be asked no token is called bad.
func TestBotsOfADatabaseThatIsAway(t *testing.T) {
	n := start(t)
	_, token := n.bot(n.admin("root"), "robot")
	who := n.wantLive(token)
	n.clock.pass(recent.Trust)
	if err := n.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, one := range []string{token, "parley_bot_junk"} {
		if _, err := n.identify(one); !errors.Is(err, db.ErrDown) {
			t.Errorf("got %v", err)
		}
	}
	if err := n.Check(t.Context(), who); !errors.Is(err, db.ErrDown) {
		t.Errorf("check: %v", err)
	}
}
