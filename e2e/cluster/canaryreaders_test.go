package cluster

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
)

// What somebody follows: the chats of one room, all their rooms, and that room beside one that they keep.
const (
	roomsChats = "chats"
	allTheirs  = "all"
	twoRooms   = "two"
)

var followed3 = []string{roomsChats, allTheirs, twoRooms}

const canaryRoom = ` { id name topic memberCount lastChat { text username } }`

const canaryEvent = ` { kind username user { username } actor { username } member { role user { username } }
	room` + canaryRoom + ` emoji chat { id text username replyTo { text } reactions { emoji } room` + canaryRoom + ` } cursor cursors }`

// followDocument is the operation of one of them.
func followDocument(what string) string {
	switch what {
	case roomsChats:
		return `subscription($room: ID!, $at: Cursor) { chatSent(room: $room, after: $at) { id text cursor replyTo { text } reactions { emoji } room` + canaryRoom + ` } }`
	case allTheirs:
		return `subscription($after: [Cursor!]) { events(after: $after)` + canaryEvent + ` }`
	default:
		return `subscription($rooms: [ID!], $after: [Cursor!]) { events(rooms: $rooms, after: $after)` + canaryEvent + ` }`
	}
}

// A record is all that one stream has given somebody, as it came over the network.
type record struct {
	name string // for a test that fails
	what string

	mu    sync.Mutex
	texts []string
	gone  bool      // the connection has ended
	at    time.Time // when
}

func (r *record) add(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts = append(r.texts, text)
}

func (r *record) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone, r.at = true, time.Now()
}

// ended is when the connection has ended.
func (r *record) ended() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

// all returns what has come until now, and whether that is all there will be.
func (r *record) all() (texts []string, gone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.texts[:len(r.texts):len(r.texts)], r.gone
}

func (r *record) index(text string) int {
	texts, _ := r.all()
	for i, one := range texts {
		if strings.Contains(one, text) {
			return i
		}
	}
	return -1
}

func (r *record) has(text string) bool { return r.index(text) >= 0 }

// recordSocket opens all three streams over one socket, and keeps what each of them gives. The goroutine that reads ends
// with the test.
func recordSocket(s *harness.Server, name, token string, variables map[string]any) []*record {
	s.T.Helper()
	k := s.Dial(token)
	k.Expect("connection_ack")
	byID, records := map[string]*record{}, make([]*record, len(followed3))
	for i, what := range followed3 {
		records[i] = &record{name: fmt.Sprintf("%s, socket at %s, %s", name, s.Addr, what), what: what}
		byID[what] = records[i]
		k.Subscribe(what, followDocument(what), variables)
	}
	var reads sync.WaitGroup
	reads.Go(func() {
		for {
			_, text, err := k.Conn.Read(s.T.Context())
			if err != nil {
				break
			}
			var m harness.Message
			if err := json.Unmarshal(text, &m); err != nil || byID[m.ID] == nil {
				continue // a ping
			}
			byID[m.ID].add(string(text))
		}
		for _, r := range records {
			r.end()
		}
	})
	s.T.Cleanup(reads.Wait)
	return records
}

// recordEvents does the same with one of them as server-sent events.
func recordEvents(s *harness.Server, name, token, what string, variables map[string]any) *record {
	s.T.Helper()
	r := &record{name: fmt.Sprintf("%s, event stream at %s, %s", name, s.Addr, what), what: what}
	request, err := http.NewRequestWithContext(s.T.Context(), http.MethodPost, "http://"+s.Addr+"/graphql", strings.NewReader(s.Body(followDocument(what), variables)))
	if err != nil {
		s.T.Fatal(err)
	}
	request.Header.Set("Content-Type", harness.PlainJSON)
	request.Header.Set("Accept", harness.EventStreamType)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.T.Fatal(err)
	}
	var reads sync.WaitGroup
	reads.Go(func() {
		defer func() { _ = response.Body.Close() }()
		defer r.end()
		for lines := bufio.NewReader(response.Body); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(line, "data:") && len(line) > len("data: \n") {
				r.add(line)
			}
		}
	})
	s.T.Cleanup(reads.Wait)
	return r
}

// records are those of several streams.
type records []*record

// await waits until each of those that follow one of these has a text.
func (all records) await(t *testing.T, text string, kinds ...string) {
	t.Helper()
	for _, r := range all {
		if slices.Contains(kinds, r.what) {
			r.awaitAny(t, text)
		}
	}
}

// awaitAny waits until it has one of some texts.
func (r *record) awaitAny(t *testing.T, wanted ...string) {
	t.Helper()
	defer func() {
		if texts, gone := r.all(); t.Failed() && !slices.ContainsFunc(wanted, r.has) {
			t.Logf("%s has, and is closed %v: %q", r.name, gone, texts)
		}
	}()
	harness.Eventually(t, wanted[0]+": "+r.name, func() bool { return slices.ContainsFunc(wanted, r.has) })
}
