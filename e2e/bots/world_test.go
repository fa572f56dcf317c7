package bots

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/e2e/harness"
	"parley/e2e/harness/load"
)

// A world is a server that can be killed, a line to it, bots, and people who ask.
type world struct {
	*load.Torture
	p     *harness.Process
	flags []string
	line  *line
	root  string // a server admin's token
	ann   string // whose rooms they are
	rooms []uuid.UUID
	bots  []*bot

	mu   sync.Mutex
	said map[uuid.UUID]*saying
}

// A saying is a chat of a person, and how many answers each bot owes it.
type saying struct {
	room        uuid.UUID
	least, most int
}

var flags = append(harness.NoLimits(), "--access-token-lifetime", "7d")

// newWorld starts a server with one room and the bots of some names, which are in it and do not run yet.
func newWorld(t *testing.T, names ...string) *world {
	t.Helper()
	return newWorldWith(t, nil, names...)
}

// newWorldWith has the server have more flags.
func newWorldWith(t *testing.T, more []string, names ...string) *world {
	t.Helper()
	w := &world{
		flags:   append(slices.Clone(flags), more...),
		Torture: &load.Torture{T: t, Dir: harness.DataDir(t), HTTP: &http.Client{Timeout: harness.Timeout}},
		said:    map[uuid.UUID]*saying{},
	}
	t.Cleanup(w.HTTP.CloseIdleConnections)
	commands := map[string][]string{}
	for _, name := range names {
		commands[name] = languages[name](t)
	}
	w.line = newLine(t)
	w.serve()
	w.ann, _ = w.p.Register("ann")
	w.root, _ = w.p.Register("root")
	if status, _, said := harness.Command(append([]string{"admin", "add", "root", "--data", w.Dir}, harness.DatabaseFlags(t, w.Dir)...)...); status != harness.ExitOK {
		t.Fatal(said)
	}
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		w.addBot(name, commands[name])
	}
	w.addRoom("PUBLIC")
	return w
}

// serve starts the server, to which all go from now on.
func (w *world) serve() {
	w.p = harness.StartProcess(w.T, w.Dir, w.flags...)
	w.line.point(w.p.Addr)
	w.Servers.Set(w.p.Addr)
}

func (w *world) addBot(name string, command []string) {
	w.T.Helper()
	var made struct {
		CreateBot struct {
			Bot   struct{ ID uuid.UUID }
			Token string
		}
	}
	w.p.Must(&made, w.root, `mutation($u: String!) { createBot(username: $u) { bot { id } token } }`, map[string]any{"u": name})
	b := &bot{t: w.T, name: name, token: made.CreateBot.Token, id: made.CreateBot.Bot.ID, command: command}
	b.cursor = filepath.Join(w.T.TempDir(), name+".cursor")
	b.env = []string{"PARLEY=" + w.line.url, "TOKEN=" + b.token, "CURSOR=" + b.cursor}
	w.bots = append(w.bots, b)
}

// addRoom makes a room of ann's, in which all bots are.
func (w *world) addRoom(kind string) uuid.UUID {
	w.T.Helper()
	var made struct{ CreateRoom, OpenDirectRoom struct{ ID uuid.UUID } }
	var names []string
	for _, b := range w.bots {
		names = append(names, b.name)
	}
	document := `mutation($name: String!, $kind: RoomKind, $names: [ID!]) { createRoom(name: $name, kind: $kind, members: $names) { id } }`
	variables := map[string]any{"name": fmt.Sprint("room ", len(w.rooms)), "kind": kind, "names": names}
	if kind == "DIRECT" {
		document, variables = `mutation($names: [ID!]!) { openDirectRoom(users: $names) { id } }`, map[string]any{"names": names}
	}
	w.p.Must(&made, w.ann, document, variables)
	w.rooms = append(w.rooms, cmp.Or(made.CreateRoom.ID, made.OpenDirectRoom.ID))
	return w.rooms[len(w.rooms)-1]
}

const sendDocument = `mutation($room: ID!, $text: String!, $id: ID!) { sendChat(room: $room, text: $text, id: $id) { id } }`

// say has ann say something, which each bot is to answer least to most times.
func (w *world) say(room uuid.UUID, text string, least, most int) (id uuid.UUID) {
	id = uuid.New()
	w.mu.Lock()
	w.said[id] = &saying{room, least, most}
	w.mu.Unlock()
	w.insist(sendDocument, map[string]any{"room": room, "text": text, "id": id})
	return id
}

// question has ann ask in the first room.
func (w *world) question() (id uuid.UUID) { return w.say(w.rooms[0], "What now?", 1, 1) }

// insist has ann repeat a call until it is answered.
func (w *world) insist(document string, variables map[string]any) {
	ctx, cancel := context.WithTimeout(w.T.Context(), harness.Timeout)
	defer cancel()
	for {
		a, err := w.Post(ctx, w.address(), w.ann, document, variables)
		switch {
		case ctx.Err() != nil:
			w.T.Errorf("%s %v is not answered: %v", document, variables, err)
			return
		case err == nil && len(a.Errors) == 0:
			return
		case err == nil && !a.Retryable() && a.Code() != "UNKNOWN_OUTCOME":
			w.T.Errorf("%s %v: %s", document, variables, a.Body)
			return
		}
		pause(ctx)
	}
}

// pause waits a moment before the next try, so that a server that is down costs little.
func pause(ctx context.Context) {
	t := time.NewTimer(2 * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (w *world) address() string {
	w.line.mu.Lock()
	defer w.line.mu.Unlock()
	return w.line.to
}

// An answered is a chat of a bot.
type answered struct {
	ID       uuid.UUID
	Text     *string
	Username string
	ReplyTo  *struct{ ID uuid.UUID }
}

// answers reads what bots have said in a room, as ann sees it.
func (w *world) answers(room uuid.UUID) (answers []answered) {
	w.T.Helper()
	for after, more := any(nil), true; more; {
		var page struct {
			Chats struct {
				Nodes    []answered
				PageInfo struct {
					EndCursor   string
					HasNextPage bool
				}
			}
		}
		a := w.p.AskThrough(w.ann, `query($room: ID!, $after: Cursor) { chats(room: $room, first: 200, after: $after) {
			nodes { id text username replyTo { id } } pageInfo { endCursor hasNextPage } } }`, map[string]any{"room": room, "after": after})
		if err := json.Unmarshal(a.Data, &page); err != nil || len(a.Errors) > 0 {
			w.T.Fatalf("%s", a.Body)
		}
		for _, one := range page.Chats.Nodes {
			if one.Username != "ann" {
				answers = append(answers, one)
			}
		}
		after, more = page.Chats.PageInfo.EndCursor, page.Chats.PageInfo.HasNextPage
	}
	return answers
}

// An answerer is a bot and a chat that it answers.
type answerer struct {
	bot string
	to  uuid.UUID
}

// wrong compares what the bots have said with what they are to say. strange are ids that are no UUIDv5 of the question.
func (w *world) wrong() (missing, wrong, strange []string) {
	w.T.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	counts, ids := map[answerer]int{}, map[string]uuid.UUID{}
	for _, b := range w.bots {
		ids[b.name] = b.id
	}
	for _, room := range w.rooms {
		for _, one := range w.answers(room) {
			if one.ReplyTo == nil || w.said[one.ReplyTo.ID] == nil || w.said[one.ReplyTo.ID].room != room {
				wrong = append(wrong, fmt.Sprintf("%s answers nobody: %v", one.Username, one.ID))
				continue
			}
			counts[answerer{one.Username, one.ReplyTo.ID}]++
			if one.ID != uuid.NewSHA1(ids[one.Username], []byte(one.ReplyTo.ID.String())) {
				strange = append(strange, fmt.Sprintf("the id of an answer of %s is %v", one.Username, one.ID))
			}
		}
	}
	for id, s := range w.said {
		for _, b := range w.bots {
			switch n := counts[answerer{b.name, id}]; {
			case n < s.least:
				missing = append(missing, fmt.Sprintf("%s has not answered %v", b.name, id))
			case n > s.most:
				wrong = append(wrong, fmt.Sprintf("%s has answered %v %d times", b.name, id, n))
			}
		}
	}
	return missing, wrong, strange
}

// wantAnswered waits until all is answered that is to be, and wants nothing to be answered otherwise.
func (w *world) wantAnswered() {
	w.T.Helper()
	for end := time.Now().Add(harness.Timeout); ; pause(w.T.Context()) {
		if missing, wrong, _ := w.wrong(); len(missing) == 0 || len(wrong) > 0 || time.Now().After(end) {
			break
		}
	}
	w.wantRight()
}

// wantRight wants nothing to be wrong now.
func (w *world) wantRight() {
	w.T.Helper()
	missing, wrong, strange := w.wrong()
	for i, one := range slices.Concat(wrong, strange, missing) {
		if i == 20 {
			w.T.Error("and more")
			break
		}
		w.T.Error(one)
	}
	if w.T.Failed() {
		for _, b := range w.bots {
			log := b.log.String()
			w.T.Logf("%s, %d lives, said: %s", b.name, b.livesSoFar(), log[max(0, len(log)-2000):])
		}
		w.T.FailNow()
	}
}
