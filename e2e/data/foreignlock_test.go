package data

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/db/dbtest"
	"parley/e2e/harness"
)

// Another process writes to the file for long. Whoever wants to write meanwhile is answered within the time of an
// operation, and later all works again.
func TestForeignWriteLockIsNotWaitedFor(t *testing.T) {
	dbtest.SkipOnPostgres(t, "no other process locks the database as a whole")
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
	ann, refresh := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	var sent struct{ SendChat struct{ ID string } }
	s.Must(&sent, ann, `mutation { sendChat(room: "general", text: "x") { id } }`)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = harness.Start(t, harness.Config(t, dir, "--operation-timeout", "200ms"))
	release := held(t, openFile(t, filepath.Join(dir, "parley.db")), "BEGIN IMMEDIATE")
	for _, m := range []string{
		`refreshToken(token: "` + refresh + `") { accessToken }`, `createRoom(name: "other") { id }`, `sendChat(room: "general", text: "x") { id }`,
		`editChat(chat: "` + sent.SendChat.ID + `", text: "y") { id }`, `deleteChat(chat: "` + sent.SendChat.ID + `") { id }`, `deleteRoom(room: "general")`, `logout`, // which ends the session here all the same
	} {
		var a harness.Answer
		try := 1
		for ; ; try++ { // a busy machine may be slow at one of them
			began := time.Now()
			a = s.Ask(ann, `mutation { `+m+` }`)
			took := time.Since(began)
			if took < 3*time.Second { // SQLite alone waits for five
				break
			}
			if try == 5 {
				t.Fatalf("%s: answered after %v", m, took)
			}
		}
		switch code := a.Code(); {
		case code == "SESSION_REVOKED" && m == "logout" && try > 1: // by the first one
		case code == "TIMEOUT", code == "SERVER_BUSY", code == "UNKNOWN_OUTCOME" && strings.HasPrefix(m, "sendChat"):
		default:
			t.Errorf("%s: %s", m, a.Body)
		}
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "a write", func() bool {
		_, a := s.Login("ann", "correct horse battery")
		return len(a.Errors) == 0
	})
}

// A logout behind such a lock is stored at the stop of the server: only its memory had it, for five seconds.
func TestLogoutBehindAForeignLockOutlivesTheStop(t *testing.T) {
	dbtest.SkipOnPostgres(t, "no other process locks the database as a whole")
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir, "--operation-timeout", "3s"))
	ann, refresh := s.Register("ann")
	release := held(t, openFile(t, filepath.Join(dir, "parley.db")), "BEGIN IMMEDIATE")
	if a := s.Ask(ann, `mutation { logout }`); a.Code() == "" {
		t.Errorf("logout: %s", a.Body)
	}
	if err := errors.Join(release(), s.Stop()); err != nil {
		t.Fatal(err)
	}
	s = harness.Start(t, harness.Config(t, dir))
	if a := s.Ask(ann, `{ me { id } }`); a.Code() != "SESSION_REVOKED" {
		t.Errorf("the access token: %s", a.Body)
	}
	if a := s.Ask("", `mutation { refreshToken(token: "`+refresh+`") { accessToken } }`); a.Code() != "SESSION_REVOKED" {
		t.Errorf("the refresh token: %s", a.Body)
	}
}
