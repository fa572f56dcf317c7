package members

import (
	"os"
	"strings"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/forge"
)

// wantMetrics wants lines among the metrics.
func wantMetrics(s *harness.Server, want ...string) {
	s.T.Helper()
	text := s.Scrape()
	for _, line := range want {
		if !strings.Contains(text, "\n"+line+"\n") {
			s.T.Errorf("there is no line %s", line)
		}
	}
}

func wantEvent(t *testing.T, stream *harness.EventStream, want string) {
	t.Helper()
	if _, data := stream.Next(); data != `{"data":`+want+`}` {
		t.Fatalf("got %s, want %s", data, want)
	}
}

// Streams of all rooms are counted while they run, and what is judged once more: who reads, behind what has ended their
// reading, and who sends, where the room has taken something away since.
func TestMetricsOfJudgements(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--metrics-addr", "127.0.0.1:0")...)
	tokens := map[string]string{}
	for _, who := range []string{"ann", "bob", "cid"} {
		tokens[who], _ = s.Register(who)
	}
	var data struct{ Private, Public struct{ ID string } }
	s.Must(&data, tokens["ann"], `mutation {
		private: createRoom(name: "plans", kind: PRIVATE, members: ["bob", "cid"]) { id }
		public: createRoom(name: "general", members: ["bob"]) { id }
	}`)
	do := func(who, call string) harness.Answer {
		return s.AskThrough(tokens[who], strings.ReplaceAll(`mutation { `+call+` }`, "PRIVATE", `"`+data.Private.ID+`"`))
	}
	mine := s.Follow(tokens["bob"], `subscription { events { kind } }`, nil)
	general := s.Follow(tokens["bob"], `subscription { chatSent(room: "general") { text } }`, nil)
	wantEvent(t, mine, `{"events":{"kind":"CAUGHT_UP"}}`)
	wantMetrics(s, `parley_room_list_streams 1`, `parley_rooms_enrolling 0`,
		`parley_reader_judgements_total{verdict="reads_on"} 0`, `parley_sender_judgements_total{verdict="allowed"} 0`)

	do("bob", `sendChat(room: PRIVATE, text: "judged when the room is looked up") { id }`)
	wantEvent(t, mine, `{"events":{"kind":"CHAT_SENT"}}`)
	do("ann", `removeMember(room: PRIVATE, user: "cid")`)
	wantEvent(t, mine, `{"events":{"kind":"MEMBER_REMOVED"}}`)
	do("bob", `sendChat(room: PRIVATE, text: "judged once more") { id }`)
	wantEvent(t, mine, `{"events":{"kind":"CHAT_SENT"}}`)
	do("bob", `sendChat(room: PRIVATE, text: "not again") { id }`)
	wantEvent(t, mine, `{"events":{"kind":"CHAT_SENT"}}`)
	wantMetrics(s, `parley_sender_judgements_total{verdict="allowed"} 1`, `parley_sender_judgements_total{verdict="refused"} 0`,
		`parley_reader_judgements_total{verdict="forbidden"} 0`)
	do("ann", `removeMember(room: PRIVATE, user: "bob")`)
	wantEvent(t, mine, `{"events":{"kind":"MEMBER_REMOVED"}}`)
	if a := do("bob", `sendChat(room: PRIVATE, text: "x") { id }`); a.Code() != "NOT_FOUND" {
		t.Errorf("bob sends: %s", a.Body)
	}
	wantMetrics(s, `parley_sender_judgements_total{verdict="refused"} 1`, `parley_reader_judgements_total{verdict="forbidden"} 1`)

	do("bob", `leaveRoom(room: "general")`)
	wantEvent(t, mine, `{"events":{"kind":"MEMBER_LEFT"}}`)
	do("ann", `sendChat(room: "general", text: "still there") { id }`)
	wantEvent(t, general, `{"chatSent":{"text":"still there"}}`)
	wantMetrics(s, `parley_reader_judgements_total{verdict="reads_on"} 1`, `parley_reader_judgements_total{verdict="forbidden"} 2`)
}

// Whoever has sent to rooms of a release that knew no members becomes one in the background, and the log says how many rooms
// are left and when none is.
func TestEnrolmentIsTold(t *testing.T) {
	dir := harness.DataDir(t)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	dbtest.Release(t, dir)
	c := harness.Config(t, dir, "--metrics-addr", "127.0.0.1:0", "--signing-key", forge.ExampleSecret)
	s := harness.Start(t, c)
	harness.Eventually(t, "the end of the enrolment", func() bool { return strings.Contains(s.Log.String(), `"rooms_left":0`) })
	wantMetrics(s, `parley_rooms_enrolling 0`)
	if said := strings.Count(s.Log.String(), `"rooms_left"`); said != 2 {
		t.Errorf("said %d times: %s", said, s.Log)
	}
}
