package chat_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
	"parley/chat/roomlog"
	"parley/ent"
)

// bot makes the row of a bot.
func (w *world) bot(name string) chat.Caller {
	w.t.Helper()
	p := w.person(name)
	err := w.store.Write(w.t.Context(), func(tx *ent.Tx) error {
		return tx.User.UpdateOneID(p.ID).SetBot(true).Exec(w.t.Context())
	})
	if err != nil {
		w.t.Fatal(err)
	}
	p.Bot = true
	return p
}

func (w *world) preview(who chat.Caller, room, text string) {
	w.t.Helper()
	if _, err := w.SetTyping(w.t.Context(), who, room, &text); err != nil {
		w.t.Fatal(err)
	}
}

// wantPreview wants this to be told next; nil: typing alone.
func (h *hearing) wantPreview(who chat.Caller, text *string) {
	h.w.t.Helper()
	s := h.next()
	if s.Kind != roomlog.Typing || s.ActorID != who.ID || s.Cursor() != nil || (s.Preview == nil) != (text == nil) || text != nil && *s.Preview != *text {
		h.w.t.Fatalf("told %+v, want %v", s.Event, text)
	}
}

// What a bot has written is told as it was sent, nothing yet too, and leaves nothing in the log. Of people none is taken, whichever
// room they name.
func TestPreviews(t *testing.T) {
	var ms atomic.Int64
	w := newWorld(t, chat.Options{Now: func() time.Time { return time.UnixMilli(1_900_000_000_000 + ms.Add(300)) }})
	ann, robot := w.person("ann"), w.bot("robot")
	w.room(ann, "general")
	h := w.hear(ann, "general")
	for _, text := range []string{"", "so", "so far \U0001F600\u202e\u0001\n<&>\u2028", strings.Repeat("\u0001", 4000), ""} {
		w.preview(robot, "general", text)
		h.wantPreview(robot, &text)
	}
	w.typing(robot, "General")
	h.wantPreview(robot, nil)
	for _, room := range []string{"general", "nowhere"} {
		_, err := w.SetTyping(t.Context(), ann, room, ptr(""))
		var forbidden *chat.ForbiddenError
		if !errors.As(err, &forbidden) || forbidden.Reason != "NOT_A_BOT" {
			t.Errorf("a person in %s: %v", room, err)
		}
	}
	if _, err := w.SetTyping(t.Context(), robot, "nowhere", ptr("x")); !errors.Is(err, chat.ErrNoRoom) {
		t.Errorf("nowhere: %v", err)
	}
	if n, err := w.store.Read.RoomEvent.Query().Count(t.Context()); err != nil || n != 0 {
		t.Errorf("the log has %d events, %v", n, err)
	}
}

// What a bot may show is what may stand in a chat, and has at most 4,000 bytes.
func TestTextsOfPreviews(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, robot := w.person("ann"), w.bot("robot")
	w.room(ann, "general")
	for _, text := range []string{"x", " ", "\x00", "a\x00b", "\xff", "\xed\xa0\x80", "\ufffd", "\u202e", "\u2066x", "\x07", "\x7f", "\u200b", "\ufeff", "\U0010ffff", "मुख्य", "上海", "👩‍👩‍👧"} {
		_, sent := w.Send(t.Context(), robot, chat.Draft{Room: "general", Text: text})
		_, shown := w.SetTyping(t.Context(), robot, "general", &text)
		var of, as *chat.InvalidError
		if (sent == nil) != (shown == nil) || errors.As(sent, &of) && (!errors.As(shown, &as) || as.Field != "preview" || as.Reason != of.Reason) {
			t.Errorf("%q: a chat %v, and a preview %v", text, sent, shown)
		}
	}
	for text, reason := range map[string]string{
		strings.Repeat("x", 4000): "", strings.Repeat("x", 4001): "TOO_LONG",
		strings.Repeat("語", 1333): "", strings.Repeat("語", 1334): "TOO_LONG", strings.Repeat("\xff", 5000): "TOO_LONG",
	} {
		if _, err := w.SetTyping(t.Context(), robot, "general", &text); reason != "" {
			wantInvalid(t, err, "preview", reason)
		} else if err != nil {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
}

// A preview that waits to be told is not told behind the chat that it has become, and the newest is told where more waited.
func TestPreviewsEndWithTheChat(t *testing.T) {
	var ms atomic.Int64
	w := newWorld(t, chat.Options{Now: func() time.Time { return time.UnixMilli(1_900_000_000_000 + ms.Load()) }})
	ann, robot := w.person("ann"), w.bot("robot")
	w.room(ann, "general")
	h := w.hear(ann, "general")
	w.preview(robot, "general", "a")
	h.wantPreview(robot, ptr("a"))
	for _, text := range []string{"ab", "abc", "abcd"} {
		w.preview(robot, "general", text)
	}
	ms.Add(250)
	h.wantPreview(robot, ptr("abcd"))
	w.preview(robot, "general", "abcde")
	w.send(robot, "general", "abcdef")
	ms.Add(250)
	w.outcome("overtaken", 1)
	ms.Add(250)
	w.preview(robot, "general", "next")
	h.wantPreview(robot, ptr("next"))
}

// Where nothing is kept of what was sent last, typing is not told behind it: it may be that of the chat.
func TestTypingBehindWhatIsNotKept(t *testing.T) {
	var bus broker.Memory
	w := newWorld(t, chat.Options{Notifier: &bus, WindowBytes: 1})
	ann, robot := w.person("ann"), w.bot("robot")
	room := w.room(ann, "general")
	h := w.hear(ann, "general")
	w.preview(robot, "general", "a")
	h.wantPreview(robot, ptr("a"))
	w.send(robot, "general", "ab")
	bus.Signal("", fmt.Appendf(nil, `{"kind":"TYPING","room":%q,"head":0,"at":%q,"user":%q,"name":"robot"}`, room.ID, time.Now().Format(time.RFC3339Nano), robot.ID))
	w.outcome("overtaken", 1)
	w.preview(robot, "general", "next")
	h.wantPreview(robot, ptr("next"))
}

// The largest signal there can be is one that travels, whatever was written; and one without a preview is as it always was.
func TestSizesOfPreviews(t *testing.T) {
	var ms atomic.Int64
	bus := &counting{Memory: &broker.Memory{}}
	w := newWorld(t, chat.Options{Notifier: bus, Now: func() time.Time { return time.UnixMilli(1_900_000_000_999 + ms.Load()) }})
	ann := w.person("ann")
	in := w.room(ann, "general")
	robot := chat.Caller{ID: uuid.New(), Username: strings.Repeat("&", 32), Bot: true} // which JSON escapes
	for i, text := range []string{strings.Repeat("\u0001", 4000), strings.Repeat("\u2028", 1333), strings.Repeat("\\", 4000), strings.Repeat("<", 4000)} {
		ms.Add(250)
		w.preview(robot, "general", text)
		if len(bus.sent) != i+1 || len(bus.sent[i]) > 5800 {
			t.Errorf("a preview of %q takes %d bytes", text[:1], len(bus.sent[len(bus.sent)-1]))
		}
	}
	w.typing(ann, "general")
	want := fmt.Sprintf(`{"kind":"TYPING","room":%q,"head":0,"at":"2030-03-17T17:46:41.999Z","user":%q,"name":"ann"}`, in.ID, ann.ID)
	if got := bus.sent[len(bus.sent)-1]; !bytes.Equal(got, []byte(want)) {
		t.Errorf("typing alone is\n%s\nwant\n%s", got, want)
	}
}

// What nodes of this release say is typing to those before, and what those say is typing here. What is no text is no signal.
func TestPreviewsBetweenReleases(t *testing.T) {
	bus := &counting{Memory: &broker.Memory{}}
	w := newWorld(t, chat.Options{Notifier: bus})
	ann, robot := w.person("ann"), w.bot("robot")
	room := w.room(ann, "general")
	h := w.hear(ann, "general")
	w.preview(robot, "general", "so far")
	h.wantPreview(robot, ptr("so far"))
	if before := readBefore(t, bus.sent[0]); before.Kind != "TYPING" || before.Room != room.ID || before.User != robot.ID || before.Member != nil {
		t.Errorf("to releases before it is %+v", before)
	}
	say := func(more string) {
		bus.Memory.Signal("", fmt.Appendf(nil, `{"kind":"TYPING","room":%q,"head":0,"at":%q,"user":%q,"name":"robot"%s}`, room.ID, time.Now().Format(time.RFC3339Nano), robot.ID, more))
	}
	for more, want := range map[string]*string{
		``: nil, `,"preview":null`: nil, `,"preview":""`: ptr(""), `,"preview":"bW9yZQ==","later":{}`: ptr("more"),
	} {
		say(more)
		h.wantPreview(robot, want)
	}
	for _, none := range []string{`"/w=="`, `"AA=="`, `"!"`, `7`, `"` + strings.Repeat("YWFh", 1334) + `"`} {
		say(`,"preview":` + none)
	}
	w.outcome("unreadable", 5)
}

// readBefore reads a signal as the releases before previews do.
func readBefore(t *testing.T, content []byte) (s signalBefore) {
	t.Helper()
	if err := json.Unmarshal(content, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

type signalBefore struct {
	Kind   roomlog.EventKind `json:"kind"`
	Room   uuid.UUID         `json:"room"`
	Head   int64             `json:"head"`
	At     time.Time         `json:"at"`
	User   uuid.UUID         `json:"user"`
	Name   string            `json:"name"`
	ToAll  bool              `json:"direct,omitempty"`
	Member *struct{}         `json:"member,omitempty"`
}
