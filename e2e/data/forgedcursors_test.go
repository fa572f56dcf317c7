package data

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
)

// roomsCursor forges a place in the list of rooms.
func roomsCursor(millis int64) string {
	b := binary.BigEndian.AppendUint64([]byte{2}, uint64(millis))
	return base64.RawURLEncoding.EncodeToString(append(b, make([]byte, 16)...))
}

func usersCursor(key string) string {
	return base64.RawURLEncoding.EncodeToString(append([]byte{3}, key...))
}

// What somebody makes up is refused as no cursor, or is a place like any other; a database is not asked for what it
// cannot hold. On Postgres a time out of its range was an internal error.
func TestForgedCursors(t *testing.T) {
	s := harness.New(t, "--address-request-rate", "0")
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	const rooms, users = `query($c: Cursor) { rooms(after: $c) { nodes { name } } }`, `query($c: Cursor) { users(startingWith: "", after: $c) { nodes { username } } }`
	year := func(n int) int64 { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() }
	for _, millis := range []int64{math.MaxInt64, math.MinInt64, math.MaxInt64 / 1000, math.MinInt64 / 1000, year(10_000), year(294_277), year(0) - 1, year(-4713)} {
		a := s.Ask(ann, rooms, map[string]any{"c": roomsCursor(millis)})
		if a.Code() != "BAD_USER_INPUT" || harness.WordOf(a, "reason") != "CURSOR_INVALID" || harness.WordOf(a, "field") != "after" {
			t.Errorf("rooms after %d ms: %s", millis, a.Body)
		}
	}
	for _, millis := range []int64{year(0), -1, 0, year(10_000) - 1} {
		want := `[]`
		if millis > time.Now().UnixMilli() {
			want = `[{"name":"general"}]`
		}
		if a := s.Ask(ann, rooms, map[string]any{"c": roomsCursor(millis)}); len(a.Errors) > 0 || !strings.Contains(a.Body, want) {
			t.Errorf("rooms after %d ms: %s", millis, a.Body)
		}
	}
	for _, key := range []string{"", "\x00", "an\x00n", "ann\x00", "ANN", "\xff\xfe", strings.Repeat("a", 500), "\u0301"} {
		a := s.Ask(ann, users, map[string]any{"c": usersCursor(key)})
		if a.Code() != "BAD_USER_INPUT" || harness.WordOf(a, "reason") != "CURSOR_INVALID" || harness.WordOf(a, "field") != "after" {
			t.Errorf("users after %q: %s", key, a.Body)
		}
	}
}

// Text that Postgres refuses is refused, or finds nothing, on both databases alike.
func TestTextThatNoDatabaseHolds(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--address-request-rate", "0", "--login-attempts", "0")...)
	ann, refresh := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	for _, text := range []string{"\x00", "general\x00", "\x00general", "an\x00n"} {
		for document, want := range map[string]string{
			`query($t: ID!) { user(id: $t) { id } }`:                                                                "NOT_FOUND",
			`query($t: ID!) { room(id: $t) { id } }`:                                                                "NOT_FOUND",
			`query($t: ID!) { chat(id: $t) { id } }`:                                                                "NOT_FOUND",
			`query($t: ID!) { node(id: $t) { id } }`:                                                                "NOT_FOUND",
			`query($t: ID!) { nodes(ids: [$t]) { id } }`:                                                            `{"data":{"nodes":[null]}}`,
			`query($t: String!) { users(startingWith: $t) { nodes { id } } }`:                                       `{"data":{"users":{"nodes":[]}}}`,
			`query($t: String!) { rooms(matching: $t) { nodes { id } } }`:                                           `{"data":{"rooms":{"nodes":[]}}}`,
			`query($t: Cursor!) { rooms(after: $t) { nodes { id } } }`:                                              "CURSOR_INVALID",
			`query($t: Cursor!) { users(startingWith: "", after: $t) { nodes { id } } }`:                            "CURSOR_INVALID",
			`query($t: Cursor!) { chats(room: "general", before: $t) { nodes { id } } }`:                            "CURSOR_INVALID",
			`query($t: ID!) { chats(room: $t) { nodes { id } } }`:                                                   "NOT_FOUND",
			`mutation($t: String!) { login(username: $t, password: "correct horse battery") { user { id } } }`:      "INVALID_CREDENTIALS",
			`mutation($t: String!) { login(username: "ann", password: $t) { user { id } } }`:                        "INVALID_CREDENTIALS",
			`mutation($t: String!) { register(username: $t, password: "correct horse battery") { user { id } } }`:   "BAD_CHARACTER",
			`mutation($t: String!) { refreshToken(token: $t) { user { id } } }`:                                     "UNAUTHENTICATED",
			`mutation($t: String!) { refreshToken(token: "` + refresh + `x", idempotencyKey: $t) { user { id } } }`: "UNAUTHENTICATED",
			`mutation($t: String!) { changePassword(currentPassword: $t, newPassword: "another battery") { id } }`:  "INVALID_CREDENTIALS",
			`mutation($t: String!) { deleteAccount(password: $t) }`:                                                 "INVALID_CREDENTIALS",
			`mutation($t: ID!) { endSession(session: $t) }`:                                                         "NOT_FOUND",
			`mutation($t: String!) { createRoom(name: $t) { id } }`:                                                 "BAD_CHARACTER",
			`mutation($t: String!) { createRoom(name: "topical", topic: $t) { id } }`:                               "BAD_CHARACTER",
			`mutation($t: ID!) { deleteRoom(room: $t) }`:                                                            "NOT_FOUND",
			`mutation($t: String!) { sendChat(room: "general", text: $t) { id } }`:                                  "BAD_CHARACTER",
			`mutation($t: ID!) { sendChat(room: $t, text: "x") { id } }`:                                            "NOT_FOUND",
			`mutation($t: ID!) { sendChat(room: "general", text: "x", id: $t) { id } }`:                             "ID_INVALID",
			`mutation($t: String!) { editChat(chat: "01890a5d-ac96-774b-bcce-b302099a8057", text: $t) { id } }`:     "BAD_CHARACTER",
			`mutation($t: ID!) { editChat(chat: $t, text: "x") { id } }`:                                            "NOT_FOUND",
			`mutation($t: ID!) { deleteChat(chat: $t) { id } }`:                                                     "NOT_FOUND",
		} {
			if a := s.Ask(ann, document, map[string]any{"t": text}); !strings.Contains(a.Body, want) {
				t.Errorf("%s of %q: %s, want %s", document, text, a.Body, want)
			}
		}
	}
}
