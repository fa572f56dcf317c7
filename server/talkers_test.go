package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/db"
	"parley/db/dbtest"
)

// talkers send into the room general, as fast as they are answered, until they are stopped or the
// server is gone. They remember what they were told.
type talkers struct {
	wg   sync.WaitGroup
	quit chan struct{}

	mu       sync.Mutex
	answered map[string]int  // number by id
	cursors  map[int]string  // by number
	refused  map[string]bool // ids for which an error said that nothing was stored
	codes    map[string]int  // errors by code
	silent   int             // talkers that ended because nobody answered, or not in JSON
}

const sayIt = `mutation($id: ID!) { sendChat(room: "general", text: "x", id: $id) { number cursor } }`

// talk starts n of them.
func (s *testServer) talk(token string, n int) *talkers {
	k := &talkers{quit: make(chan struct{}), answered: map[string]int{}, cursors: map[int]string{}, refused: map[string]bool{}, codes: map[string]int{}}
	for range n {
		k.wg.Go(func() {
			for {
				select {
				case <-k.quit:
					return
				default:
				}
				if !k.say(s.addr, token) {
					k.mu.Lock()
					defer k.mu.Unlock()
					k.silent++
					return
				}
			}
		})
	}
	return k
}

// say sends one chat; false: nobody answered.
func (k *talkers) say(addr, token string) bool {
	id := uuid.NewString()
	body, _ := json.Marshal(map[string]any{"query": sayIt, "variables": map[string]any{"id": id}}) // only text
	request, err := http.NewRequest(http.MethodPost, "http://"+addr+"/graphql", bytes.NewReader(body))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	var a answer
	var data struct {
		SendChat struct {
			Number int
			Cursor string
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if code := a.code(); code != "" {
		k.codes[code]++
		k.refused[id] = code != "UNKNOWN_OUTCOME"
		return true
	}
	if err := json.Unmarshal(a.Data, &data); err != nil {
		return false
	}
	k.answered[id], k.cursors[data.SendChat.Number] = data.SendChat.Number, data.SendChat.Cursor
	return true
}

func (k *talkers) stop() {
	close(k.quit)
	k.wg.Wait()
}

// soFar is what has been answered by now.
func (k *talkers) soFar() map[string]int {
	k.mu.Lock()
	defer k.mu.Unlock()
	copied := map[string]int{}
	for id, number := range k.answered {
		copied[id] = number
	}
	return copied
}

// coded is how often a code was answered.
func (k *talkers) coded(code string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.codes[code]
}

// storedIn reads the chats of a database that no server uses, as numbers by id.
func storedIn(t *testing.T, dir string) map[string]int {
	t.Helper()
	store, err := db.Open(t.Context(), db.Options{URL: dbtest.URL(t, dir), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	rows, err := store.Read.Chat.Query().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]int{}
	for _, row := range rows {
		stored[row.ID.String()] = row.Number
	}
	return stored
}

// wantTruth: what was answered is stored under its number, and what was refused is not.
func wantTruth(t *testing.T, k *talkers, stored map[string]int) {
	t.Helper()
	lost, ghosts := 0, 0
	for id, number := range k.answered {
		if stored[id] != number {
			lost++
		}
	}
	for id, refused := range k.refused {
		if refused && stored[id] != 0 {
			ghosts++
		}
	}
	if lost > 0 || ghosts > 0 {
		t.Errorf("%d of %d answered chats are lost, %d of %d refused ones are stored", lost, len(k.answered), ghosts, len(k.refused))
	}
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain waited for: %s", what)
		}
	}
}
