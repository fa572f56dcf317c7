package data

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/writers"
)

// The disk is full to the last byte: sends are refused and not stored, reads go on, nothing that was
// answered is lost, and sends work again when there is space.
func TestFullDiskUnderTheServer(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the disk of Postgres is its server's")
	disk := dbtest.SmallDisk(t, "4m")
	dir, filler := filepath.Join(disk, "data"), filepath.Join(disk, "filler")
	p := harness.StartProcess(t, dir, append([]string{"--disk-min-free", "1"}, harness.NoSendRates...)...)
	ann, _ := p.Register("ann")
	p.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	k := writers.Start(&p.Server, ann, 4)
	harness.Eventually(t, "a full disk", func() bool { return k.CountOf("STORAGE_FULL") > 50 })
	var page struct {
		Chats struct{ Nodes []struct{ Number int } }
	}
	if p.Must(&page, ann, `{ chats(room: "general", last: 10) { nodes { number } } }`); len(page.Chats.Nodes) != 10 {
		t.Errorf("a read on a full disk: %+v", page)
	}
	if response, body := p.Get("/readyz"); response.StatusCode != 200 {
		t.Errorf("not ready: %s", body)
	}
	before := len(k.AnsweredSoFar())
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "an answer after there is space", func() bool { return len(k.AnsweredSoFar()) > before+4 })
	_ = p.Stop()
	k.Stop()
	for code := range k.Codes {
		if code != "STORAGE_FULL" {
			t.Errorf("somebody was told %s", code)
		}
	}
	writers.WantStored(t, k, writers.StoredIn(t, dir))
}

// The reserve holds from the first request on.
func TestReserveUnderTheServer(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the disk of Postgres is its server's")
	s := harness.Start(t, harness.Config(t, filepath.Join(dbtest.SmallDisk(t, "8m"), "data")))
	a := s.Ask("", `mutation { register(username: "ann", password: "correct horse battery") { accessToken } }`)
	if a.Code() != "STORAGE_FULL" || a.Extension("retryable") != true || a.Extension("retryAfterMs") != 5000.0 {
		t.Errorf("got %s", a.Body)
	}
	if response, _ := s.Get("/readyz"); response.StatusCode != 200 {
		t.Errorf("not ready: %s", response.Status)
	}
}

// Below the reserve nobody sends, but whoever must go, goes: sessions are refreshed and ended, and a
// stolen token raises its alarm.
func TestSessionsEndBelowTheReserve(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the disk of Postgres is its server's")
	dir := filepath.Join(dbtest.SmallDisk(t, "32m"), "data")
	s := harness.Start(t, harness.Config(t, dir, "--disk-min-free", "1MiB"))
	ann, _ := s.Register("ann")
	stolen := s.SignIn("ann", "correct horse battery")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = harness.Start(t, harness.Config(t, dir, "--disk-min-free", "1GiB", "--refresh-reuse-window", "0s"))
	if a := s.Ask(ann, `mutation { sendChat(room: "general", text: "x") { id } }`); a.Code() != "STORAGE_FULL" {
		t.Errorf("a send: %s", a.Body)
	}
	if _, a := s.Refresh(stolen.RefreshToken, ""); len(a.Errors) > 0 {
		t.Errorf("a refresh: %s", a.Body)
	}
	if _, a := s.Refresh(stolen.RefreshToken, ""); harness.WordOf(a, "reason") != "TOKEN_REUSED" {
		t.Errorf("a stolen token: %s", a.Body)
	}
	s.WantCode(stolen.AccessToken, "SESSION_REVOKED")
	s.Must(nil, ann, `mutation { logout }`)
	s.WantCode(ann, "SESSION_REVOKED")
	s.SignIn("ann", "correct horse battery")
}

// The disk is full to the last byte: whoever logs out is told that it could not be stored, and is out all the
// same. So is the device whose session is ended. When there is space the database learns of it.
func TestLogoutOnAFullDisk(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the disk of Postgres is its server's")
	disk := dbtest.SmallDisk(t, "4m")
	dir := filepath.Join(disk, "data")
	p := harness.StartProcess(t, dir, append([]string{"--disk-min-free", "1"}, harness.NoSendRates...)...)
	ann, _ := p.Register("ann")
	p.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	var leavers []harness.Tokens
	for range 10 {
		leavers = append(leavers, p.SignIn("ann", "correct horse battery"))
	}
	other := p.SignIn("ann", "correct horse battery")
	_, others := p.SessionsOf(other.AccessToken)
	space := fill(p, filepath.Join(disk, "filler"), ann)

	wantFull := func(a harness.Answer) {
		t.Helper()
		if a.Code() != "STORAGE_FULL" || a.Extension("retryable") != true {
			t.Errorf("got %s", a.Body)
		}
	}
	// The first few may fit into what is left of the last block.
	for len(leavers) > 1 && len(p.Ask(leavers[0].AccessToken, `mutation { logout }`).Errors) == 0 {
		leavers = leavers[1:]
	}
	if len(leavers) < 2 {
		t.Fatal("nobody was refused")
	}
	socket := p.Dial(leavers[1].AccessToken)
	socket.Expect("connection_ack")
	ended := append(leavers, other)
	for _, leaver := range leavers {
		wantFull(p.Ask(leaver.AccessToken, `mutation { logout }`))
	}
	wantFull(p.Ask(ann, `mutation($s: ID!) { endSession(session: $s) }`, map[string]any{"s": others}))
	socket.WantClose(4401)
	wantOut := func() {
		t.Helper()
		for _, one := range ended {
			p.WantCode(one.AccessToken, "SESSION_REVOKED")
			if _, a := p.Refresh(one.RefreshToken, ""); a.Code() != "SESSION_REVOKED" {
				t.Errorf("a refresh token: %s", a.Body)
			}
		}
		p.WantCode(ann, "")
	}
	wantOut()
	if n := strings.Count(p.Log.String(), `"stored":false`); n != len(ended) {
		t.Errorf("it is audited %d times that an end was not stored, want %d", n, len(ended))
	}
	space()
	harness.Eventually(t, "the ends in the database", func() bool { all, _ := p.SessionsOf(ann); return len(all) == 1 })
	_ = p.Stop()
	p = harness.StartProcess(t, dir)
	wantOut()
}

// fill fills the disk, and the log of the database with it, until nobody can send. The log is kept from
// beginning anew, which would make space, by an open read. space gives it back.
func fill(p *harness.Process, path, token string) (space func()) {
	p.T.Helper()
	reader, err := sql.Open("sqlite3", filepath.Join(p.Dir, "parley.db"))
	if err != nil {
		p.T.Fatal(err)
	}
	rows, err := reader.Query("SELECT id FROM sessions")
	if err != nil || !rows.Next() {
		p.T.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		p.T.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 512))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		p.T.Fatal(err)
	}
	for p.Ask(token, `mutation { sendChat(room: "general", text: "x") { id } }`).Code() != "STORAGE_FULL" {
	}
	return func() {
		if err := errors.Join(rows.Err(), rows.Close(), reader.Close(), f.Close(), os.Remove(path)); err != nil {
			p.T.Fatal(err)
		}
	}
}

// What cannot be written is refused at the start, in one line.
func TestReadOnlyIsRefusedAtTheStart(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the database is no file of ours")
	dir := harness.DataDir(t)
	if err := harness.Start(t, harness.Config(t, dir)).Stop(); err != nil {
		t.Fatal(err)
	}
	for path, flags := range map[string][]string{
		dir:                             {"--data", dir},
		filepath.Join(dir, "parley.db"): {"--data", dir},
		filepath.Dir(dir):               {"--data", filepath.Join(filepath.Dir(dir), "new")},
	} {
		writable := dbtest.ReadOnly(t, path)
		var stderr bytes.Buffer
		status := harness.RunProgram(append(flags, "--addr", "127.0.0.1:0"), nil, new(bytes.Buffer), &stderr)
		writable()
		if text := stderr.String(); status != 1 || !strings.Contains(text, "read-only file system") || strings.Count(text, "\n") != 1 {
			t.Errorf("%s is read-only: status %d, %q", path, status, text)
		}
	}
	if err := harness.Start(t, harness.Config(t, dir)).Stop(); err != nil {
		t.Errorf("when all is writable again: %v", err)
	}
}
