package data

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/rounds"
)

// exportOf is what a server's data is as an export.
func exportOf(t *testing.T, dir string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x")
	if status, _, stderr := harness.Command(append(append([]string{"--data", dir}, harness.DatabaseFlags(t, dir)...), "export", file)...); status != 0 {
		t.Fatal(stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// importInto imports an export, whose trailer is made to fit it first.
func importInto(t *testing.T, dir string, text []byte) (status int, stderr string) {
	t.Helper()
	at := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
	sum := regexp.MustCompile(`"sha256":"[^"]*"`).ReplaceAll(text[at:], fmt.Appendf(nil, `"sha256":"%x"`, sha256.Sum256(text[:at])))
	file := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(file, append(bytes.Clone(text[:at]), sum...), 0o600); err != nil {
		t.Fatal(err)
	}
	status, _, stderr = harness.Command(append(append([]string{"--data", dir}, harness.DatabaseFlags(t, dir)...), "import", file)...)
	return status, stderr
}

// An import takes nothing that the API would not have stored: each of these would be found by nobody, sign nobody
// in, or hang the server at the next sign-in.
func TestImportIsAsStrictAsTheAPI(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
	ann, _ := s.Register("Ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { logout }`)
	s.Must(nil, bob, `mutation { createRoom(name: "Große Pause", topic: "t", data: {r: 1}) { id } }`)
	s.Must(nil, bob, `mutation { createRoom(name: "gone") { id } }`)
	s.Must(nil, bob, `mutation { deleteRoom(room: "gone") }`)
	s.Must(nil, bob, `mutation { sendChat(room: "große pause", text: "hello", data: {c: 1}) { id } }`)
	s.Must(nil, bob, `mutation { sendChat(room: "große pause", text: "away", id: "01890a5d-ac96-774b-bcce-b302099a8057") { id } }`)
	s.Must(nil, bob, `mutation { deleteChat(chat: "01890a5d-ac96-774b-bcce-b302099a8057") { id } }`)
	s.Login("bob", "a wrong password")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	text := exportOf(t, dir)
	const id = `[0-9a-f-]{36}`
	for i, c := range []struct{ from, to, says string }{
		{`("table":"chats",.*"id":)"` + id + `"(.*"text":"hello")`, `${1}"` + harness.NilID + `"$2`, "chats.id: the nil UUID"},
		{`("table":"users",.*"id":)"` + id + `"(.*"username":"Ann")`, `${1}"` + harness.NilID + `"$2`, "users.id: the nil UUID"},
		{`("table":"room_events",.*"actor_id":)"` + id + `"`, `${1}"` + harness.NilID + `"`, "room_events.actor_id: the nil UUID"},
		{`"username":"Ann","username_key":"ann"`, `"username":"Ann","username_key":"anna"`, "users.username_key"},
		{`"username":"Ann","username_key":"ann"`, `"username":"Ann","username_key":""`, "users.username_key"},
		{`"username":"Ann","username_key":"ann"`, `"username":"A n","username_key":"a n"`, "users.username: no username: BAD_CHARACTER"},
		{`"username":"Ann","username_key":"ann"`, `"username":"Аnn","username_key":"аnn"`, "users.username: no username: MIXED_SCRIPTS"},
		{`"username":"Ann","username_key":"ann"`, `"username":"An","username_key":"an"`, "users.username: no username: TOO_SHORT"},
		{`"username":"Ann","username_key":"ann"`, `"username":"Anu\u0308","username_key":"anü"`, "users.username: not in the normal form"},
		{`("username":"Ann".*"password_hash":)"[^"]*"`, `${1}"$$argon2id$$x"`, "stored password hash"},
		{`("username":"Ann".*"password_hash":)"[^"]*"`, `${1}""`, "stored password hash"},
		{`("username":"Ann".*"password_hash":)"[^"]*"`, `${1}null`, "users.password_hash"},
		{`("username":"Ann".*)m=\d+`, `${1}m=99999999`, "stored password hash"},
		{`("username":"Ann".*)t=\d+`, `${1}t=4000000000`, "stored password hash"},
		{`("username":"Ann".*)p=1`, `${1}p=0`, "stored password hash"},
		{`("username":"Ann".*)m=\d+`, `${1}m=1048576`, "stored password hash"}, // 1 GiB for whoever signs in
		{`("username":"Ann".*)t=\d+`, `${1}t=64`, "stored password hash"},
		{`("username":"Ann".*)p=1`, `${1}p=255`, "stored password hash"},
		{`("username":"Ann".*p=1\$)[^$]*`, `${1}` + strings.Repeat("A", 4000), "stored password hash"},
		{`("username":"Ann".*"deleted_at":)null`, `${1}"2026-01-31T12:00:00.250Z"`, "users.password_hash"},
		{`"revoked_reason":"LOGOUT"`, `"revoked_reason":"WHIM"`, "sessions.revoked_reason"},
		{`"revoked_reason":"LOGOUT"`, `"revoked_reason":null`, "sessions.revoked_reason"},
		{`"refresh_kid":"`, `"refresh_kid":"x`, "sessions.refresh_kid"},
		{`"retry_hash":null`, `"retry_hash":"AAAA"`, "sessions.retry_hash"},
		{`"user_agent":"`, `"user_agent":"\u0001`, "sessions.user_agent"},
		{`"user_agent":"`, `"user_agent":"` + strings.Repeat("x", 257), "sessions.user_agent"},
		{`"ip_address":"127.0.0.1"`, `"ip_address":"localhost"`, "sessions.ip_address"},
		{`"ip_network":"127.0.0.1/32"`, `"ip_network":"0.0.0.0/0"`, "sessions.ip_address"},
		{`"bucket":"`, `"bucket":"0x`, "login_limits.bucket"},
		{`"name":"Große Pause","name_key":"große pause"`, `"name":"Große Pause","name_key":"pause"`, "rooms.name_key"},
		{`"name":"Große Pause","name_key":"große pause"`, `"name":"Große Pause","name_key":null`, "rooms.name_key"},
		{`"name":"Große Pause","name_key":"große pause"`, `"name":"x","name_key":"x"`, "rooms.name: has 2 to 64"},
		{`"name":"Große Pause","name_key":"große pause"`, `"name":" Große  Pause","name_key":"große pause"`, "rooms.name_key"},
		{`"name":"Große Pause","name_key":"große pause"`, `"name":"a\u200bb","name_key":"ab"`, "rooms.name: has a character"},
		{`"name":"Große Pause","name_key":"große pause"`, `"name":"01890a5d-ac96-774b-bcce-b302099a8057","name_key":"01890a5d-ac96-774b-bcce-b302099a8057"`, "rooms.name: could be taken for an id"},
		{`"topic":"t"`, `"topic":"` + strings.Repeat("t", 251) + `"`, "rooms.topic: has 0 to 250"},
		{`"data":"{\\"r\\":1}"`, `"data":""`, "rooms.data: is no JSON"},
		{`"data":"{\\"r\\":1}"`, `"data":"null"`, "rooms.data: is not null"},
		{`"data":"{\\"c\\":1}"`, `"data":"{\"c\": 1}"`, "chats.data: is not null, and has no spaces"},
		{`"data":"{\\"c\\":1}"`, `"data":"\"\\ud800\""`, "chats.data: is no JSON"},
		{`"data":"{\\"c\\":1}"`, `"data":"` + strings.Repeat("1", 4097) + `"`, "chats.data: has at most 4096"},
		{`"data":"{\\"c\\":1}"`, `"data":"` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `"`, "chats.data: is nested"},
		{`("text":"".*"data":)null`, `${1}"1"`, "chats.data: a deleted chat"},
		{`("name":"","name_key":null.*"data":)null`, `${1}"1"`, "rooms.name: a deleted room"},
		{`"name":"","name_key":null`, `"name":"gone","name_key":null`, "rooms.name: a deleted room"},
		{`"kind":"PUBLIC"`, `"kind":"SECRET"`, "rooms.kind"},
		{`"member_count":1`, `"member_count":2`, "as many members as it says"},
		{`"role":0`, `"role":2`, "no owner"},
		{`("username":"bob".*"leaving":)null`, `${1}true`, "users.leaving"},
		{`"text":"hello"`, `"text":""`, "chats.text: has 1 to"},
		{`"text":"hello"`, `"text":"` + strings.Repeat("x", 10_001) + `"`, "chats.text: has 1 to"},
		{`"text":""`, `"text":"away"`, "chats.text: a deleted chat"},
		{`("table":"chats",.*"username":)"bob"`, `${1}"b b"`, "chats.username: no username"},
	} {
		if dbtest.OnPostgres() && i%8 > 0 && rounds.Of(t, 1, 2) == 1 {
			continue // what is checked is the same, and each needs a database of its own
		}
		from := regexp.MustCompile(c.from)
		changed, done := []byte(nil), false
		for line := range bytes.Lines(text) {
			if !done && from.Match(line) {
				line, done = from.ReplaceAll(line, []byte(c.to)), true
			}
			changed = append(changed, line...)
		}
		if !done {
			t.Fatalf("%s is not in\n%s", c.from, text)
		}
		if status, stderr := importInto(t, harness.DataDir(t), changed); status != 1 || !strings.Contains(stderr, c.says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%.90s: status %d, %s", c.to, status, stderr)
		}
	}
	to := harness.DataDir(t)
	if status, stderr := importInto(t, to, text); status != 0 {
		t.Fatal(stderr)
	}
	if again := exportOf(t, to); !bytes.Equal(again, text) {
		t.Errorf("the export of the import differs:\n%s\n%s", again, text)
	}
}
