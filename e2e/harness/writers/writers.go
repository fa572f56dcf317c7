// Package writers sends chats in the background and keeps what was answered, to be compared with what is stored.
package writers

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/db"
	"parley/db/dbtest"
	"parley/e2e/harness"
)

// Writers send into the room general, as fast as they are answered, until they are stopped or the
// server is gone. They remember what they were told.
type Writers struct {
	wg   sync.WaitGroup
	quit chan struct{}

	mu       sync.Mutex
	Answered map[string]int  // number by id
	Cursors  map[int]string  // by number
	Refused  map[string]bool // ids for which an error said that nothing was stored
	Codes    map[string]int  // errors by code
	Silent   int             // Writers that ended because nobody answered, or not in JSON
}

const sendDocument = `mutation($id: ID!) { sendChat(room: "general", text: "x", id: $id) { number cursor } }`

// Start starts n of them.
func Start(s *harness.Server, token string, n int) *Writers {
	k := &Writers{quit: make(chan struct{}), Answered: map[string]int{}, Cursors: map[int]string{}, Refused: map[string]bool{}, Codes: map[string]int{}}
	for range n {
		k.wg.Go(func() {
			for {
				select {
				case <-k.quit:
					return
				default:
				}
				if !k.send(s.Addr, token) {
					k.mu.Lock()
					defer k.mu.Unlock()
					k.Silent++
					return
				}
			}
		})
	}
	return k
}

// send sends one chat; false: nobody answered.
func (k *Writers) send(addr, token string) bool {
	id := uuid.NewString()
	body, _ := json.Marshal(map[string]any{"query": sendDocument, "variables": map[string]any{"id": id}}) // only text
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
	var a harness.Answer
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
	if code := a.Code(); code != "" {
		k.Codes[code]++
		k.Refused[id] = code != "UNKNOWN_OUTCOME"
		return true
	}
	if err := json.Unmarshal(a.Data, &data); err != nil {
		return false
	}
	k.Answered[id], k.Cursors[data.SendChat.Number] = data.SendChat.Number, data.SendChat.Cursor
	return true
}

// Stop ends the writers and waits for them.
func (k *Writers) Stop() {
	close(k.quit)
	k.wg.Wait()
}

// AnsweredSoFar is what has been answered by now.
func (k *Writers) AnsweredSoFar() map[string]int {
	k.mu.Lock()
	defer k.mu.Unlock()
	copied := map[string]int{}
	for id, number := range k.Answered {
		copied[id] = number
	}
	return copied
}

// CountOf is how often a code was answered.
func (k *Writers) CountOf(code string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.Codes[code]
}

// StoredIn reads the chats of a database that no server uses, as numbers by id.
func StoredIn(t *testing.T, dir string) map[string]int {
	t.Helper()
	store, err := db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir})
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

// WantStored wants the truth to have been told: what was answered is stored under its number, and what was refused is not.
func WantStored(t *testing.T, k *Writers, stored map[string]int) {
	t.Helper()
	lost, ghosts := 0, 0
	for id, number := range k.Answered {
		if stored[id] != number {
			lost++
		}
	}
	for id, refused := range k.Refused {
		if refused && stored[id] != 0 {
			ghosts++
		}
	}
	if lost > 0 || ghosts > 0 {
		t.Errorf("%d of %d answered chats are lost, %d of %d refused ones are stored", lost, len(k.Answered), ghosts, len(k.Refused))
	}
}
