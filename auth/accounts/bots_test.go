package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/bots"
	"parley/auth/sessions/recent"
	"parley/db"
	"parley/db/dbtest"
	"parley/limit"
)

// bot makes a bot and returns it with its token.
func (n *node) bot(by auth.Identity, username string) (*auth.User, string) {
	n.t.Helper()
	made := must(n.CreateBot(n.t.Context(), by, bots.Wish{Username: username}))(n.t)
	if made.Token == nil || !made.Bot.IsBot || made.Bot.Username != username {
		n.t.Fatalf("made %+v", made.Bot)
	}
	return made.Bot, *made.Token
}

// counted is a node on the database of another that counts its statements.
func (n *node) counted() (counting *node, statements *atomic.Int64) {
	n.t.Helper()
	counting, statements = n.another(), &atomic.Int64{}
	store := must(db.Open(n.t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(n.t, n.dir), Dir: n.dir, Trace: func(context.Context, any) { statements.Add(1) }}))(n.t)
	n.t.Cleanup(func() { _ = store.Close() })
	counting.restart(store, n.ring)
	return counting, statements
}

// A bot signs in by its token until the token is renewed, which ends it at once where that is done, and within two seconds elsewhere.
func TestBotTokens(t *testing.T) {
	n := start(t)
	other := n.another()
	root := n.admin("root")
	bot, token := n.bot(root, "robot")
	before, there := n.wantLive(token), other.wantLive(token)
	if before.User.ID != bot.ID || !before.ExpiresAt.IsZero() || n.wantLive(token).SessionID != before.SessionID {
		t.Errorf("the bot is %+v", before)
	}
	wantError(t, n.Check(t.Context(), before), nil)
	renewed := must(n.RenewBotToken(t.Context(), root, "ROBOT"))(t)
	_, err := n.identify(token)
	wantError(t, err, auth.ErrUnauthenticated)
	wantError(t, n.Check(t.Context(), before), auth.ErrUnauthenticated)
	if !n.wasTold(before.SessionID) {
		t.Error("sockets were not told")
	}
	after := n.wantLive(*renewed.Token)
	if after.SessionID == before.SessionID {
		t.Error("both tokens have one session")
	}
	other.wantLive(token) // it has not looked yet
	wantError(t, other.bots.Look(t.Context()), nil)
	_, err = other.identify(token)
	wantError(t, err, auth.ErrUnauthenticated)
	if !other.wasTold(there.SessionID) {
		t.Error("sockets of the other node were not told")
	}
	other.wantLive(*renewed.Token)
}

// What is not looked for is not believed for longer than two seconds.
func TestBotTokensWithoutALook(t *testing.T) {
	n := start(t)
	other := n.another()
	root := n.admin("root")
	_, token := n.bot(root, "robot")
	who := other.wantLive(token)
	must(n.RenewBotToken(t.Context(), root, "robot"))(t)
	n.clock.pass(recent.Trust - time.Millisecond)
	other.wantLive(token)
	n.clock.pass(time.Millisecond)
	wantError(t, other.Check(t.Context(), who), auth.ErrUnauthenticated)
}

// A disabled bot is told so here at once and elsewhere by the next look, and its token is good again when it is let in again, in a session
// that has not ended.
func TestDisabledBots(t *testing.T) {
	n := start(t)
	other := n.another()
	root := n.admin("root")
	_, token := n.bot(root, "robot")
	here, there := n.wantLive(token), other.wantLive(token)
	wantError(t, n.disable(root, "robot", true), nil)
	n.wantDead(token, auth.ReasonDisabled)
	wantReason(t, n.Check(t.Context(), here), auth.ErrSessionRevoked, auth.ReasonDisabled)
	wantError(t, other.bots.Look(t.Context()), nil)
	other.wantDead(token, auth.ReasonDisabled)
	if !n.wasTold(here.SessionID) || !other.wasTold(there.SessionID) {
		t.Error("sockets were not told")
	}
	_, err := n.UpdateMe(t.Context(), here, Profile{})
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonDisabled)
	wantError(t, n.disable(root, "robot", false), nil)
	wantError(t, other.bots.Look(t.Context()), nil)
	_, err = n.UpdateMe(t.Context(), here, Profile{}) // what it had begun has ended
	wantError(t, err, auth.ErrUnauthenticated)
	for _, one := range []*node{n, other} {
		again := one.wantLive(token)
		if one.wasTold(again.SessionID) {
			t.Error("the session is one that has ended")
		}
		_, err = one.UpdateMe(t.Context(), map[*node]auth.Identity{n: here, other: there}[one], Profile{})
		wantError(t, err, auth.ErrUnauthenticated)
	}
	wantError(t, n.disable(root, "robot", false), nil) // sent again it ends nothing
	if again := n.wantLive(token); n.wasTold(again.SessionID) {
		t.Error("letting it in twice has ended it")
	}
}

func TestBotsThatCannotBe(t *testing.T) {
	n := start(t, func(o *Options) { o.ChangeRate = limit.Rate{} })
	root, eve := n.admin("root"), n.admin("eve")
	ann := n.wantLive(n.signUp("ann").AccessToken)
	id, rootID := uuid.NewString(), root.User.ID.String()
	name, long, image, script, none := " Robbie  R ", strings.Repeat("n", 65), "https://example.org/a.png", "javascript:alert(1)", uuid.Nil.String()
	create := func(who auth.Identity, w bots.Wish) (*auth.BotToken, error) { return n.CreateBot(t.Context(), who, w) }

	made := must(create(root, bots.Wish{Username: "Robot", Name: &name, Image: &image, ID: &id}))(t)
	if made.Bot.Name != "Robbie R" || made.Bot.Image == nil || *made.Bot.Image != image || made.Bot.ID.String() != id {
		t.Errorf("made %+v", made.Bot)
	}
	upper := strings.ToUpper(id)
	again := must(create(eve, bots.Wish{Username: "robot", ID: &upper}))(t)
	if again.Token != nil || again.Bot.ID != made.Bot.ID || again.Bot.Name != "Robbie R" {
		t.Errorf("sent again it is %+v", again.Bot)
	}
	n.wantLive(*made.Token)
	if text := fmt.Sprintf("%v %+v %#v %s", *made, made, *made, made); strings.Contains(text, "parley_bot_") {
		t.Errorf("it shows %s", text)
	}
	bot := n.wantLive(*made.Token)
	for _, c := range []struct {
		who  auth.Identity
		w    bots.Wish
		want error
	}{
		{ann, bots.Wish{Username: "other"}, auth.ErrForbidden},
		{bot, bots.Wish{Username: "other"}, auth.ErrForBots},
		{root, bots.Wish{Username: "robot"}, auth.ErrUsernameTaken},
		{root, bots.Wish{Username: "ANN"}, auth.ErrUsernameTaken},
		{root, bots.Wish{Username: "other", ID: &id}, auth.ErrIDTaken},
		{root, bots.Wish{Username: "root", ID: &rootID}, auth.ErrIDTaken},
	} {
		_, err := create(c.who, c.w)
		wantError(t, err, c.want)
	}
	for field, w := range map[string]bots.Wish{
		"username TOO_SHORT": {Username: ""}, "name TOO_LONG": {Username: "other", Name: &long},
		"image BAD_CHARACTER": {Username: "other", Image: &script}, "id ID_INVALID": {Username: "other", ID: &none},
	} {
		_, err := create(root, w)
		at, reason, _ := strings.Cut(field, " ")
		wantInvalid(t, err, at, reason)
	}
	for whom, want := range map[string]error{"ann": auth.ErrNoBot, "root": auth.ErrNoBot, "nobody": auth.ErrNoUser, none: auth.ErrNoUser} {
		_, err := n.RenewBotToken(t.Context(), root, whom)
		wantError(t, err, want)
	}
	_, err := n.RenewBotToken(t.Context(), ann, "robot")
	wantError(t, err, auth.ErrForbidden)
	_, err = n.RenewBotToken(t.Context(), bot, "robot")
	wantError(t, err, auth.ErrForBots)
	n.wantLive(*made.Token)
}

// Tokens are made by those who have signed in within the last hour.
func TestTokensAreMadeByWhoHasJustSignedIn(t *testing.T) {
	n := start(t)
	root := n.admin("root")
	n.clock.pass(time.Hour)
	n.bot(root, "robot")
	must(n.RenewBotToken(t.Context(), root, "robot"))(t)
	n.clock.pass(time.Millisecond)
	_, err := n.CreateBot(t.Context(), root, bots.Wish{Username: "other"})
	wantError(t, err, auth.ErrSignInAgain)
	_, err = n.RenewBotToken(t.Context(), root, "robot")
	wantError(t, err, auth.ErrSignInAgain)
	n.bot(n.wantLive(n.signIn("root").AccessToken), "other")
}

// There are so many bots, those among them that are let in nowhere: each is read each second.
func TestMostBots(t *testing.T) {
	n := start(t, func(o *Options) { o.MostBots = 2 })
	root := n.admin("root")
	n.bot(root, "one")
	n.bot(root, "two")
	_, err := n.CreateBot(t.Context(), root, bots.Wish{Username: "six"})
	wantReason(t, err, auth.ErrLimit, "BOTS")
	wantError(t, n.disable(root, "one", true), nil)
	_, err = n.CreateBot(t.Context(), root, bots.Wish{Username: "six"})
	wantReason(t, err, auth.ErrLimit, "BOTS")
	names := ""
	for _, one := range must(n.Bots(t.Context(), root))(t) {
		names += " " + one.Username
	}
	if names != " one two" {
		t.Errorf("the bots are%s", names)
	}
	_, err = n.Bots(t.Context(), n.wantLive(n.signUp("ann").AccessToken))
	wantError(t, err, auth.ErrForbidden)
}

// What needs a password or a session is not for bots.
func TestWhatIsNotForBots(t *testing.T) {
	n := start(t)
	_, token := n.bot(n.admin("root"), "robot")
	bot := n.wantLive(token)
	ctx := auth.WithCaller(t.Context(), auth.Caller{Identity: &bot, Token: auth.Secret(token)})
	for what, call := range map[string]func() error{
		"refresh":  func() error { _, err := n.Refresh(ctx, &token, nil, home); return err },
		"sessions": func() error { _, err := n.Sessions(ctx, bot); return err },
		"end":      func() error { _, err := n.EndSession(ctx, bot, bot.SessionID.String()); return err },
		"change":   func() error { _, err := n.ChangePassword(ctx, bot, password, fresh); return err },
		"delete":   func() error { _, err := n.DeleteAccount(ctx, bot, password); return err },
	} {
		if err := call(); !errors.Is(err, auth.ErrForBots) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, scope := range []auth.LogoutScope{auth.LogoutCurrent, auth.LogoutOthers, auth.LogoutAll} {
		if ended := must(n.Logout(ctx, scope, &token))(t); ended != 0 {
			t.Errorf("%s: %d sessions", scope, ended)
		}
	}
	name := "Robbie"
	shown := &name
	if got := must(n.UpdateMe(ctx, bot, Profile{Name: &shown}))(t); got.Name != name {
		t.Errorf("it is %+v", got)
	}
	_, err := n.Login(t.Context(), "robot", password, home)
	wantError(t, err, auth.ErrInvalidCredentials)
	n.wantLive(token)
	must(n.RenewBotToken(t.Context(), n.admin("eve"), "robot"))(t)
	_, err = n.UpdateMe(ctx, bot, Profile{Name: &shown})
	wantError(t, err, auth.ErrUnauthenticated)
}
