package people

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"parley/e2e/harness"
)

// What an app keeps with chats, as it is sent and as it is given back.
var kept = []struct{ sent, want string }{
	{`{"b": [true, null, "x", 1.50, 1.0], "a": {}}`, `{"a":{},"b":[true,null,"x",1.50,1.0]}`},
	{`123456789012345678901234567890`, ``},
	{`-0`, ``},
	{`1e300`, ``},
	{`0`, ``},
	{`""`, ``},
	{`[]`, ``},
	{`{}`, ``},
	{`false`, ``},
	{`"\u0000\u001f\u2028\r\n"`, "\"\\u0000\\u001F\u2028\\r\\n\""},
	{`"\ud83d\ude00"`, `"😀"`},
	{`"</script>\"\\"`, ``},
	{`"null"`, ``},
	{`{"":1,"\u0000":2}`, ``},
	{`{"a":1,"a":2}`, `{"a":2}`},
	{`[` + strings.Repeat("[", 30) + `1` + strings.Repeat("]", 30) + `]`, ``},
	{`"` + strings.Repeat("x", 4094) + `"`, ``},
	{`"` + strings.Repeat(`\u0001`, 682) + `"`, ``},
	{`"` + strings.Repeat("é", 2047) + `"`, ``},
	{`null`, `null`},
}

const (
	sendData   = `mutation($d: JSON) { sendChat(room: "general", text: "x", data: $d) { id data } }`
	eventsData = `subscription($rooms: [ID!]!, $after: [Cursor!]) { events(rooms: $rooms, after: $after) { kind chat { id data } room { data } } }`
)

// raw is JSON among variables, to the byte.
func raw(text string) json.RawMessage { return json.RawMessage(text) }

// What an app keeps with a chat comes back the same over each transport, from pages and by ids, and from another database.
func TestDataOfChatsIsGivenBack(t *testing.T) {
	from, to := harness.DataDir(t), harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, from, harness.NoLimits()...))
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general", data: {app: 7.0}) { data } }`)
	begin := s.End(ann)["after"].(string)
	k := s.Dial(ann)
	k.Expect("connection_ack")
	variables := map[string]any{"rooms": []string{"general"}, "after": []string{begin}}
	k.Subscribe("1", eventsData, variables)
	sse := s.Follow(ann, eventsData, variables)
	k.Expect("next")
	sse.Next()
	want := []string{}
	for _, d := range kept {
		if d.want == "" {
			d.want = d.sent
		}
		a := s.Ask(ann, sendData, map[string]any{"d": raw(d.sent)})
		if len(a.Errors) > 0 || !strings.HasSuffix(a.Body, `"data":`+d.want+`}}}`) {
			t.Errorf("%.100s is %.200s, want %.100s", d.sent, a.Body, d.want)
		}
		want = append(want, d.want)
		live := string(k.Expect("next").Payload)
		if !strings.Contains(live, `"data":`+d.want+`},"room":{"data":{"app":7.0}}`) {
			t.Errorf("over a socket %.100s is %.300s", d.sent, live)
		}
		if _, text := sse.Next(); strings.ReplaceAll(text, `\u2028`, "\u2028") != live {
			t.Errorf("as an event stream %.300s, and over a socket %.300s", text, live)
		}
	}
	readBack := func(s *harness.Server) {
		t.Helper()
		var page struct {
			Chats struct {
				Nodes []struct {
					ID   string
					Data json.RawMessage
				}
			}
		}
		s.Must(&page, ann, `{ chats(room: "general", first: 200) { nodes { id data } } }`)
		for i, c := range page.Chats.Nodes {
			if string(c.Data) != want[i] {
				t.Errorf("on a page %.200s, want %.200s", c.Data, want[i])
			}
			if a := s.Ask(ann, `query($i: ID!) { node(id: $i) { ... on Chat { data room { data } } } }`, map[string]any{"i": c.ID}); !strings.Contains(a.Body, `{"data":`+want[i]+`,"room":{"data":{"app":7.0}}}`) {
				t.Errorf("by its id %.200s, want %.200s", a.Body, want[i])
			}
		}
		if len(page.Chats.Nodes) != len(want) {
			t.Errorf("%d chats", len(page.Chats.Nodes))
		}
	}
	readBack(s)
	moveTo(s, from, to)
	readBack(harness.Start(t, harness.Config(t, to, harness.NoLimits()...)))
}

// moveTo stops a server and takes its data to another database.
func moveTo(s *harness.Server, from, to string) {
	s.T.Helper()
	t := s.T.(*testing.T)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	text, file := exported(t, from, "first"), filepath.Join(t.TempDir(), "moved")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr := harness.Command(append(databaseIn(t, to), "import", file)...); status != 0 {
		t.Fatal(status, stdout, stderr)
	}
	if again := exported(t, to, "again"); again != text {
		t.Errorf("exported\n%s\nand again\n%s", text, again)
	}
	keys, err := os.ReadFile(filepath.Join(from, "keys.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(to, "keys.json"), keys, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Values written in a document are the same as those of variables, which may stand in them, and names are none.
func TestDataInDocuments(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	const send = `sendChat(room: "general", text: "x", data: `
	for _, c := range []struct{ document, want string }{
		{`mutation { ` + send + `{a: 1, b: [true, null, "x", 1.5, 1.0, 12345678901234567890123, 1e99]}) { data } }`, `{"a":1,"b":[true,null,"x",1.5,1.0,12345678901234567890123,1e99]}`},
		{`mutation($d: JSON!, $n: Int, $l: [String!]) { ` + send + `{d: $d, n: $n, l: $l, list: [$n]}) { data } }`, `{"d":{"k":1.0},"l":["one"],"list":[null]}`},
		{`mutation($x: JSON = {a: 2.0}) { ` + send + `$x) { data } }`, `{"a":2.0}`},
		{`mutation($x: JSON) { ` + send + `$x) { data } }`, `null`},
		{`mutation { ` + send + `null) { data } }`, `null`},
		{`mutation { ...A ...A } fragment A on Mutation { ` + send + `[1.0]) { data } }`, `[1.0]`},
		{`mutation { ` + send + `"""block""") { data } }`, `"block"`},
		{`mutation { ` + send + `"1.0") { data } }`, `"1.0"`},
		{`mutation { ` + send + `RED) { data } }`, ""},
		{`mutation { ` + send + `{a: [{b: RED}]}) { data } }`, ""},
		{`mutation($x: JSON = [RED]) { ` + send + `$x) { data } }`, ""},
		{`mutation { ` + send + `{a: 1, a: 2}) { data } }`, ""},
		{`mutation($d: JSON) { sendChat(room: "general", text: $d) { data } }`, ""},
		{`mutation { ` + send + `{a: $undefined}) { data } }`, ""},
	} {
		for range 2 { // the second time it is a document that is known
			a := s.Ask(ann, c.document, map[string]any{"d": raw(`{"k": 1.0}`), "l": "one"})
			switch {
			case c.want == "" && (len(a.Errors) == 0 || a.Errors[0].Extensions["code"] != "GRAPHQL_VALIDATION_FAILED"):
				t.Errorf("%s is taken, or for another reason not: %s", c.document, a.Body)
			case c.want != "" && !strings.HasSuffix(a.Body, `"data":`+c.want+`}}}`):
				t.Errorf("%s is %s, want %s", c.document, a.Body, c.want)
			}
		}
	}
}

// What is too long, too deep or no text is refused wherever it is given, with a reason, and nothing is stored.
func TestDataHasBounds(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	chat := send(s, ann, "general", "old")
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, call := range []string{
		`mutation($d: JSON) { sendChat(room: "general", text: "x", data: $d) { id } }`, `mutation($d: JSON) { editChat(chat: "` + chat + `", text: "new", data: $d) { id } }`,
		`mutation($d: JSON) { createRoom(name: "another", data: $d) { id } }`, `mutation($d: JSON) { updateRoom(room: "general", topic: "new", data: $d) { id } }`,
		`mutation($d: JSON) { sendChat(room: "general", text: "x", data: [$d, $d, $d, $d]) { id } }`,
	} {
		for _, c := range []struct{ data, reason string }{
			{`"` + strings.Repeat("x", 4095) + `"`, "TOO_LONG"},
			{`"` + strings.Repeat("é", 2048) + `"`, "TOO_LONG"},
			{`"` + strings.Repeat(`\u0001`, 683) + `"`, "TOO_LONG"},
			{`[` + strings.Repeat("1,", 3000) + `1]`, "TOO_LONG"},
			{`"` + strings.Repeat("x", 100_000) + `"`, "TOO_LONG"},
			{deep(33), "OUT_OF_RANGE"},
			{deep(97), "OUT_OF_RANGE"},
		} {
			a := s.Ask(ann, call, map[string]any{"d": raw(c.data)})
			if len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "BAD_USER_INPUT" || a.Errors[0].Extensions["field"] != "data" || a.Errors[0].Extensions["reason"] != c.reason {
				t.Errorf("%s with %.20s…: %.300s, want %s", call, c.data, a.Body, c.reason)
			}
		}
		for _, data := range []string{`"\ud800"`, `{"\udc00": 1}`, `"\udc00\ud800"`} {
			if a := s.Post(`{"query":`+fmt.Sprintf("%q", call)+`,"variables":{"d":`+data+`}}`, "Authorization", "Bearer "+ann); len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "BAD_USER_INPUT" {
				t.Errorf("%s with %s: %s", call, data, a.Body)
			}
		}
	}
	a := s.Ask(ann, `{ rooms { nodes { topic data chats(last: 10) { nodes { text data } } } } }`)
	if want := `{"rooms":{"nodes":[{"topic":null,"data":null,"chats":{"nodes":[{"text":"old","data":null}]}}]}}`; string(a.Data) != want {
		t.Errorf("there is %s", a.Data)
	}
}

// An edit changes what it names; what is left out stays, null removes, the same again is no event; what is deleted has none.
func TestDataIsEditedAndDeleted(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general", data: {v: 1}) { id } }`)
	k := s.Live(ann, eventsData, "general")
	const id = "01890a5d-ac96-774b-bcce-b302099a8057"
	for _, step := range []struct{ call, event string }{
		{`sendChat(room: "general", id: "` + id + `", text: "x", data: {v: 1}) { data editedAt }`, `{"kind":"CHAT_SENT","chat":{"id":"` + id + `","data":{"v":1}},"room":{"data":{"v":1}}}`},
		{`sendChat(room: "general", id: "` + id + `", text: "y", data: {v: 9}) { data editedAt }`, ""},
		{`editChat(chat: "` + id + `", text: "x") { data }`, ""},
		{`editChat(chat: "` + id + `", text: "x", data: {v: 1}) { data }`, ""},
		{`editChat(chat: "` + id + `", text: "x", data: {v: 2}) { data }`, `{"kind":"CHAT_EDITED","chat":{"id":"` + id + `","data":{"v":2}},"room":{"data":{"v":1}}}`},
		{`editChat(chat: "` + id + `", text: "y") { data }`, `{"kind":"CHAT_EDITED","chat":{"id":"` + id + `","data":{"v":2}},"room":{"data":{"v":1}}}`},
		{`editChat(chat: "` + id + `", text: "y", data: null) { data }`, `{"kind":"CHAT_EDITED","chat":{"id":"` + id + `","data":null},"room":{"data":{"v":1}}}`},
		{`editChat(chat: "` + id + `", text: "y", data: null) { data }`, ""},
		{`editChat(chat: "` + id + `", data: 3) { text }`, `{"kind":"CHAT_EDITED","chat":{"id":"` + id + `","data":3},"room":{"data":{"v":1}}}`},
		{`editChat(chat: "` + id + `", data: 3, text: null) { data }`, ""},
		{`editChat(chat: "` + id + `") { data }`, ""},
		{`updateRoom(room: "general", topic: "t") { data }`, `{"kind":"ROOM_UPDATED","chat":null,"room":{"data":{"v":1}}}`},
		{`updateRoom(room: "general", data: {v: 1}) { data }`, ""},
		{`updateRoom(room: "general", data: [1.0]) { data }`, `{"kind":"ROOM_UPDATED","chat":null,"room":{"data":[1.0]}}`},
		{`updateRoom(room: "general", data: null) { data }`, `{"kind":"ROOM_UPDATED","chat":null,"room":{"data":null}}`},
		{`updateRoom(room: "general", data: 4) { data }`, `{"kind":"ROOM_UPDATED","chat":null,"room":{"data":4}}`},
		{`deleteChat(chat: "` + id + `") { data }`, `{"kind":"CHAT_DELETED","chat":{"id":"` + id + `","data":null},"room":{"data":4}}`},
		{`deleteRoom(room: "general")`, `{"kind":"ROOM_DELETED","chat":null,"room":{"data":null}}`},
	} {
		a := s.Ask(ann, "mutation { "+step.call+" }")
		if len(a.Errors) > 0 {
			t.Fatalf("%s: %s", step.call, a.Body)
		}
		if step.event == "" {
			continue // the next event is that of another step
		}
		if got := string(k.Expect("next").Payload); got != `{"data":{"events":`+step.event+`}}` {
			t.Errorf("%s: the event is %s, want %s", step.call, got, step.event)
		}
	}
	if a := s.Ask(ann, `mutation { editChat(chat: "`+id+`", data: 1) { id } }`); len(a.Errors) == 0 {
		t.Errorf("a deleted chat: %s", a.Body)
	}
}

// Who changes what an app keeps with a chat needs not know its text, and takes back nothing that another device writes meanwhile. Whom the
// text mentions stays.
func TestDataIsEditedWithoutTheText(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	s.Must(nil, bob, `mutation { joinRoom(room: "general") { id } }`)
	const id = "01890a5d-ac96-774b-bcce-b302099a8057"
	s.Must(nil, ann, `mutation { sendChat(room: "general", id: "`+id+`", text: "hello @bob") { id } }`)
	var work sync.WaitGroup
	for _, change := range []string{`text: "bye @bob"`, `data: {v: 1}`} {
		work.Go(func() { s.Must(nil, ann, `mutation { editChat(chat: "`+id+`", `+change+`) { id } }`) })
	}
	work.Wait()
	s.Must(nil, ann, `mutation { editChat(chat: "`+id+`", data: {v: 2}) { id } }`)
	a := s.Ask(ann, `{ chat(id: "`+id+`") { text data mentions { username } } }`)
	if want := `{"chat":{"text":"bye @bob","data":{"v":2},"mentions":[{"username":"bob"}]}}`; string(a.Data) != want {
		t.Errorf("it is %s, want %s", a.Body, want)
	}
}
