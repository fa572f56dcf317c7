package auth

import (
	"strings"
	"testing"

	"parley/e2e/harness"
)

const createBotDocument = `mutation($u: String!, $name: String, $image: String, $id: ID) {
	createBot(username: $u, name: $name, image: $image, id: $id) { bot { id username name image isBot serverRole } token }
}`

const renewBotDocument = `mutation($b: ID!) { renewBotToken(bot: $b) { bot { username } token } }`

// newBot makes a bot and returns its token.
func newBot(s *harness.Server, admin, username string) (token string) {
	s.T.Helper()
	var data struct{ CreateBot struct{ Token string } }
	s.Must(&data, admin, createBotDocument, map[string]any{"u": username})
	if !strings.HasPrefix(data.CreateBot.Token, "parley_bot_") || len(data.CreateBot.Token) != len("parley_bot_")+43 {
		s.T.Fatalf("the token has %d characters", len(data.CreateBot.Token))
	}
	return data.CreateBot.Token
}

// renewBot gives the bot robot another token and returns it.
func renewBot(s *harness.Server, admin string) (token string) {
	s.T.Helper()
	var data struct{ RenewBotToken struct{ Token string } }
	s.Must(&data, admin, renewBotDocument, map[string]any{"b": "robot"})
	return data.RenewBotToken.Token
}

// setBot disables robot, or lets it in again.
func setBot(s *harness.Server, admin string, on bool) {
	s.T.Helper()
	s.Must(nil, admin, disableDocument, map[string]any{"u": "robot", "on": on})
}

// streams are a socket and an event stream that a token follows general with.
func streams(s *harness.Server, token string) (*harness.Socket, *harness.EventStream) {
	s.T.Helper()
	k, e := s.Dial(token), s.Follow(token, harness.FollowDocument, s.End(token))
	k.Expect("connection_ack")
	k.Subscribe("1", harness.FollowDocument, s.End(token))
	return k, e
}

// A bot does over HTTP, WebSocket and event streams what a member does.
func TestBotsSignInByTheirToken(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), harness.NoLimits()...).Server
	root := newAdmin(t, s, "root")
	s.Must(nil, root, `mutation { createRoom(name: "general") { id } }`)
	token := newBot(s, root, "robot")
	k, e := streams(s, token)
	k.Subscribe("2", `mutation { sendChat(room: "general", text: "by socket") { user { username isBot } } }`, nil)
	for said, answered := false, false; !said || !answered; {
		m, _ := k.Read()
		said = said || m.ID == "1" && strings.Contains(string(m.Payload), `"by socket"`)
		answered = answered || m.ID == "2" && strings.Contains(string(m.Payload), `{"username":"robot","isBot":true}`)
	}
	e.Want("by socket")
	s.SendChat(token, "by HTTP")
	e.Want("by HTTP")
	if a := s.AskThrough(token, `{ me { username name isBot serverRole } }`); string(a.Data) != `{"me":{"username":"robot","name":"robot","isBot":true,"serverRole":"MEMBER"}}` {
		t.Errorf("it is %s", a.Body)
	}
	if a := s.AskThrough(token, `mutation { updateMe(name: "Robbie") { name } }`); string(a.Data) != `{"updateMe":{"name":"Robbie"}}` {
		t.Errorf("its name: %s", a.Body)
	}
	if a := s.AskThrough(root, `{ bots { username name isDisabled } }`); string(a.Data) != `{"bots":[{"username":"robot","name":"Robbie","isDisabled":false}]}` {
		t.Errorf("the bots are %s", a.Body)
	}
}

// What a bot has open closes when its token is renewed and when it is disabled: before that is answered where it is done, and
// soon on other nodes. Nothing that is sent afterwards reaches it. Its token is good again when it is let in again, at once.
func TestEndsOfBotTokens(t *testing.T) {
	dir := harness.DataDir(t)
	one, two := &harness.StartProcess(t, dir, harness.NoLimits()...).Server, &harness.StartProcess(t, dir, harness.NoLimits()...).Server
	root := newAdmin(t, one, "root")
	one.Must(nil, root, `mutation { createRoom(name: "general") { id } }`)
	token := newBot(one, root, "robot")
	harness.Eventually(t, "the other node knows the bot", func() bool { return two.AskThrough(token, `{ rooms { nodes { id } } }`).Code() == "" })
	wantEnd := func(end func(), code, reason string) {
		t.Helper()
		k, e := streams(one, token)
		far, farEvents := streams(two, token)
		end()
		wantReason(t, one.AskThrough(token, `{ rooms { nodes { id } } }`), code, reason)
		one.SendChat(root, "after")
		k.WantEnded("after")
		if read := e.WantCut(); strings.Contains(read, "after") {
			t.Errorf("the stream has %s", read)
		}
		far.WantClose(4401)
		farEvents.WantCut()
		wantReason(t, two.AskThrough(token, `{ rooms { nodes { id } } }`), code, reason)
		if k := one.Dial(token); code == "SESSION_REVOKED" {
			k.WantClose(4401)
		} else {
			k.WantClose(4403)
		}
	}
	for range 3 {
		wantEnd(func() { setBot(one, root, true) }, "SESSION_REVOKED", "DISABLED")
		setBot(one, root, false)
		one.WantCode(token, "")
		harness.Eventually(t, "the other node lets it in again", func() bool { return two.AskThrough(token, `{ rooms { nodes { id } } }`).Code() == "" })
	}
	old := token
	var renewed string
	wantEnd(func() { renewed = renewBot(one, root) }, "UNAUTHENTICATED", "")
	token = renewed
	one.WantCode(token, "")
	harness.Eventually(t, "the other node knows the new token", func() bool { return two.AskThrough(token, `{ rooms { nodes { id } } }`).Code() == "" })
	one.WantCode(old, "UNAUTHENTICATED")
	two.WantCode(old, "UNAUTHENTICATED")
	mustShell(t, dir, "", "user", "disable", "robot")
	harness.Eventually(t, "the shell disables bots", func() bool {
		a := one.AskThrough(token, `{ rooms { nodes { id } } }`)
		return a.Code() == "SESSION_REVOKED" && harness.WordOf(a, "reason") == "DISABLED"
	})
}

// What is refused, by code and reason.
func TestRefusalsOfBots(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), append(harness.NoLimits(), "--bots-max", "2")...).Server
	root, eve := newAdmin(t, s, "root"), newAdmin(t, s, "eve")
	ann, _ := s.Register("ann")
	const id = "0190b0b0-0000-7000-8000-00000000b07a"
	robot := map[string]any{"u": "robot", "name": "Robbie", "image": "https://example.org/r.png", "id": id}
	var data struct{ CreateBot struct{ Token string } }
	s.Must(&data, root, createBotDocument, robot)
	bot := data.CreateBot.Token
	again := `{"createBot":{"bot":{"id":"` + id + `","username":"robot","name":"Robbie","image":"https://example.org/r.png","isBot":true,"serverRole":"MEMBER"},"token":null}}`
	for _, by := range []string{root, eve} {
		if a := s.AskThrough(by, createBotDocument, robot); string(a.Data) != again {
			t.Errorf("sent again: %s", a.Body)
		}
	}
	create := func(token string, variables map[string]any) harness.Answer {
		return s.AskThrough(token, createBotDocument, variables)
	}
	wantReason(t, create("", map[string]any{"u": "other"}), "UNAUTHENTICATED", "")
	wantReason(t, create(ann, map[string]any{"u": "other"}), "FORBIDDEN", "")
	wantReason(t, create(root, map[string]any{"u": "Robot"}), "USERNAME_TAKEN", "")
	wantReason(t, create(root, map[string]any{"u": "other", "id": id}), "ID_TAKEN", "")
	wantReason(t, create(root, map[string]any{"u": "other", "id": harness.NilID}), "BAD_USER_INPUT", "ID_INVALID")
	wantReason(t, create(root, map[string]any{"u": "x"}), "BAD_USER_INPUT", "TOO_SHORT")
	wantReason(t, create(root, map[string]any{"u": "other", "name": ""}), "BAD_USER_INPUT", "TOO_SHORT")
	wantReason(t, create(root, map[string]any{"u": "other", "image": "ftp://example.org"}), "BAD_USER_INPUT", "BAD_CHARACTER")
	newBot(s, root, "second")
	wantReason(t, create(root, map[string]any{"u": "third"}), "LIMIT_REACHED", "BOTS")
	wantReason(t, s.AskThrough(ann, renewBotDocument, map[string]any{"b": "robot"}), "FORBIDDEN", "")
	wantReason(t, s.AskThrough(root, renewBotDocument, map[string]any{"b": "ann"}), "NOT_FOUND", "")
	wantReason(t, s.AskThrough(root, renewBotDocument, map[string]any{"b": "nobody"}), "NOT_FOUND", "")
	for _, one := range []string{`{ bots { id } }`, `{ invites { id } }`, `mutation { disableUser(user: "ann") { id } }`} {
		wantReason(t, s.AskThrough(bot, one), "FORBIDDEN", "")
	}
	wantReason(t, s.AskThrough(ann, `{ bots { id } }`), "FORBIDDEN", "")
	for _, one := range []string{
		`{ sessions { id } }`,
		`mutation { endSession(session: "` + harness.NilID + `") }`,
		`mutation { changePassword(currentPassword: "a", newPassword: "correct horse battery 2") { id } }`,
		`mutation { deleteAccount(password: "a") }`,
		`mutation { refreshToken(token: "` + bot + `") { accessToken } }`,
		`mutation { createBot(username: "third") { token } }`,
		`mutation { renewBotToken(bot: "robot") { token } }`,
	} {
		wantReason(t, s.AskThrough(bot, one), "FORBIDDEN", "BOT")
	}
	if a := s.AskThrough(bot, `mutation { logout(scope: ALL) }`); string(a.Data) != `{"logout":0}` {
		t.Errorf("logout: %s", a.Body)
	}
	s.WantCode(bot, "")
	status, _, said := shell(t, s.Dir, "", "admin", "add", "robot")
	if status == harness.ExitOK {
		t.Errorf("a bot is a server admin: %s", said)
	}
}

// Tokens that are none are refused everywhere, and nothing is told of them.
func TestJunkTokensOfBots(t *testing.T) {
	p := harness.StartProcess(t, harness.DataDir(t), harness.NoLimits()...)
	s := &p.Server
	root := newAdmin(t, s, "root")
	good := newBot(s, root, "robot")
	for _, token := range []string{"parley_bot_", "parley_bot_x", good[:len(good)-1], good + "A", strings.ToUpper(good), "xparley_bot_" + good, "parley_bot_" + strings.Repeat("A", 8000)} {
		s.WantCode(token, "UNAUTHENTICATED")
		s.Dial(token).WantClose(4403)
	}
	s.WantCode(good, "")
	renewed := renewBot(s, root)
	wantReason(t, s.AskThrough("", `mutation { refreshToken(token: "parley_bot_x") { accessToken } }`), "FORBIDDEN", "BOT")
	p.Interrupt() // until all is in the log
	for _, token := range []string{good, renewed} {
		if strings.Contains(p.Log.String(), token[len("parley_bot_"):]) {
			t.Error("the log has a token")
		}
	}
	for message, want := range map[string]int{"bot_created": 1, "bot_token_renewed": 1} {
		if n := strings.Count(p.Log.String(), `"msg":"`+message+`"`); n != want {
			t.Errorf("%d records of %s, want %d", n, message, want)
		}
	}
}

// Bots have a rate of their own, which is not that of people.
func TestSendRateOfBots(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), "--send-rate", "1/1h", "--bot-send-rate", "2/1h", "--room-send-rate", "0").Server
	root := newAdmin(t, s, "root")
	s.Must(nil, root, `mutation { createRoom(name: "general") { id } }`)
	bot := newBot(s, root, "robot")
	for token, most := range map[string]int{root: 3, bot: 6} { // burst × 3
		for range most {
			s.SendChat(token, "text")
		}
		a := s.AskThrough(token, `mutation { sendChat(room: "general", text: "text") { id } }`)
		wantReason(t, a, "RATE_LIMITED", "")
	}
}
