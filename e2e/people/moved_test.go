package people

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// asked is all that somebody is shown of what people have read, said and done.
const asked = `query($direct: ID!, $chat: ID!) {
	rooms(first: 3) { nodes { name unreadCount mentionCount lastNumber me { lastRead notify } allowedActions
		members(first: 3) { nodes { lastRead notify user { username } } } chats(last: 7) { nodes {` + chatFields + ` myReactions replies(first: 3) { nodes { id } } cursor } syncCursor } syncCursor } }
	mentions { edges { cursor node { id } } } blockedUsers { username }
	direct: room(id: $direct) { unreadCount } chat(id: $chat) {` + chatFields + `}
}`

// What people have read, said and done is all in an export: imported and exported again it is the same to the byte, and everybody
// is answered the same by it.
func TestPeopleMoveWithTheirData(t *testing.T) {
	from, to := harness.DataDir(t), harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, from, harness.NoLimits()...))
	tokens := map[string]string{}
	for _, who := range []string{"ann", "bob", "eve"} {
		tokens[who], _ = s.Register(who)
	}
	ann, bob, eve := tokens["ann"], tokens["bob"], tokens["eve"]
	var made struct{ Direct struct{ ID string } }
	s.Must(&made, ann, `mutation { general: createRoom(name: "general", members: ["bob", "eve"]) { id } gone: createRoom(name: "gone", members: ["bob"]) { id } direct: openDirectRoom(users: ["bob"]) { id } }`)
	first := send(s, ann, "general", "hello @bob and @eve")
	answer := send(s, bob, "general", "yes", first)
	deleted := send(s, eve, "general", "@ann no", first)
	nested := send(s, eve, "general", "why", deleted)
	for i, emoji := range []string{"❤️", ":parrot:", "👍"} {
		for _, who := range []string{"bob", "eve", "ann"}[i:] {
			s.Must(nil, tokens[who], reactDocument, map[string]any{"chat": first, "emoji": emoji, "on": true})
		}
	}
	s.Must(nil, bob, reactDocument, map[string]any{"chat": first, "emoji": "❤", "on": false})
	s.Must(nil, eve, reactDocument, map[string]any{"chat": deleted, "emoji": "x", "on": true})
	s.Must(nil, eve, deleteDocument, map[string]any{"chat": deleted})
	s.Must(nil, bob, editDocument, map[string]any{"chat": answer, "text": "yes, @eve"})
	s.Must(nil, bob, readDocument, map[string]any{"chat": answer})
	direct := send(s, ann, made.Direct.ID, "to you alone")
	s.Must(nil, bob, readDocument, map[string]any{"chat": direct})
	s.Must(nil, eve, `mutation { setNotify(room: "general", level: NONE) { id } blockUser(user: "bob") { id } }`)
	send(s, bob, "general", "not @eve, who has blocked me, but @ann")
	s.Must(nil, ann, reactDocument, map[string]any{"chat": send(s, bob, "gone", "@ann"), "emoji": "x", "on": true})
	s.Must(nil, ann, `mutation { deleteRoom(room: "gone") }`)
	harness.Eventually(t, "that nothing is left of the deleted room", func() bool {
		text := exported(t, from, "purged")
		return strings.Count(text, `"table":"chats"`) == 6
	})
	answers := func(s *harness.Server) (all string) {
		for _, who := range []string{"ann", "bob", "eve"} {
			direct := made.Direct.ID
			a := s.AskThrough(tokens[who], asked, map[string]any{"direct": direct, "chat": nested})
			if len(a.Errors) > 0 && who != "eve" {
				t.Errorf("%s: %s", who, a.Body)
			}
			all += who + ": " + string(a.Data) + "\n"
		}
		return all
	}
	before, file := answers(s), filepath.Join(t.TempDir(), "moved")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	text := exported(t, from, "first")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr := harness.Command(append(databaseIn(t, to), "import", file)...); status != 0 {
		t.Fatal(status, stdout, stderr)
	}
	if again := exported(t, to, "again"); again != text {
		t.Errorf("exported\n%s\nand again\n%s", text, again)
	}
	for _, table := range []string{"mentions", "reactions", "blocks"} {
		if !strings.Contains(text, `"table":"`+table+`"`) {
			t.Errorf("no %s in\n%s", table, text)
		}
	}
	keys, err := os.ReadFile(filepath.Join(from, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "keys.json"), keys, 0o600); err != nil {
		t.Fatal(err)
	}
	s = harness.Start(t, harness.Config(t, to, harness.NoLimits()...))
	if after := answers(s); after != before {
		t.Errorf("moved, they are answered\n%s\nand were\n%s", after, before)
	}
}
