// Package load keeps senders and readers at work while servers are killed, notes what each was told, and checks the notes
// against the database: nothing answered is lost, nothing is doubled, each reader sees the order of the log, and who has no
// access to a room is given nothing of it.
package load

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// How a torture is laid out.
const (
	EnoughRounds   = 200 // for a report of too little tried to be an error
	RoundsAtATime  = 200 // after so many everybody comes to rest and the journal is checked
	TortureSenders = 16
	TortureReaders = 8
	TortureRooms   = 3
)

// A Torture is a server that is killed again and again, or several, and the clients that live through it.
// They know of the server only what it answers, and what they note is checked against the database.
type Torture struct {
	T        *testing.T
	Dir      string
	Rooms    []uuid.UUID
	Tokens   []string
	Began    time.Time
	HTTP     *http.Client
	Servers  Addresses
	Rest     time.Duration               // of a client before it tries again
	Pace     time.Duration               // of a sender between two chats
	Home     func(room uuid.UUID) string // where all sends to a room go; nil: anywhere
	Open     func() *sql.DB
	answered chan struct{} // has room for one; told of every answer to a send
	Cuts     Cuts
	Senders  []*Sender
	Readers  []*Reader
	Movers   []*Mover
}

// MakeClients makes the people and their rooms at a server, and what senders and readers need.
func (k *Torture) MakeClients(at string) {
	k.Began, k.answered = time.Now(), make(chan struct{}, 1)
	if k.Rest == 0 {
		k.Rest = 2 * time.Millisecond
	}
	if k.HTTP == nil {
		k.HTTP = &http.Client{Timeout: harness.Timeout, Transport: &http.Transport{MaxIdleConnsPerHost: TortureSenders + TortureReaders}}
	}
	k.T.Cleanup(k.HTTP.CloseIdleConnections)
	for i := range 4 {
		k.Tokens = append(k.Tokens, k.register(at, fmt.Sprint("person", i)))
	}
	for i := range TortureRooms {
		var made struct{ CreateRoom struct{ ID uuid.UUID } }
		k.Must(&made, at, k.Tokens[0], fmt.Sprintf(`mutation { createRoom(name: "room %d") { id } }`, i))
		k.Rooms = append(k.Rooms, made.CreateRoom.ID)
	}
	for i := range TortureSenders {
		k.Senders = append(k.Senders, &Sender{Torture: k, token: k.Tokens[i%len(k.Tokens)]})
	}
	for i := range TortureReaders {
		k.Readers = append(k.Readers, &Reader{
			Torture: k, N: i, Token: k.Tokens[i%len(k.Tokens)], Room: k.Rooms[i%TortureRooms], overSSE: i%4 == 3,
		})
	}
	k.makeMovers(at)
}

func (k *Torture) register(at, username string) (token string) {
	var made struct{ Register struct{ AccessToken string } }
	k.Must(&made, at, "", fmt.Sprintf(`mutation { register(username: "%s", password: "correct horse battery") { accessToken } }`, username))
	return made.Register.AccessToken
}

// Must asks a server for what it has to do, and reads the data.
func (k *Torture) Must(into any, at, token, document string) {
	k.T.Helper()
	a, err := k.Post(k.T.Context(), at, token, document, nil)
	if err == nil && len(a.Errors) == 0 {
		err = json.Unmarshal(a.Data, into)
	}
	if err != nil || len(a.Errors) > 0 {
		k.T.Fatalf("%s: %v %v", document, err, a.Errors)
	}
}

// Start starts the server, to which all clients go from now on.
func (k *Torture) Start() *harness.Process {
	p := harness.StartProcess(k.T, k.Dir, "--log-level", "warn", "--send-rate", "0", "--room-send-rate", "0", "--register-rate", "0",
		"--mutation-rate", "0", "--access-token-lifetime", "7d")
	k.Servers.Set(p.Addr)
	return p
}

// Kill ends it as a crash does.
func (k *Torture) Kill(p *harness.Process) {
	_ = p.Stop()
	k.Servers.Set()
	if log := p.Log.String(); strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic") {
		k.T.Errorf("the server said: %s", log)
	}
}

// Stretch runs some rounds and then lets everybody come to rest: each chat is answered, each reader is
// at the end of its room.
func (k *Torture) Stretch(rounds int) {
	rest := k.Load()
	for round := range rounds {
		p := k.Start()
		if round%2 == 0 { // else it may die before it has answered anything
			k.AwaitAnswer()
		}
		delay := time.NewTimer(5*time.Millisecond + rand.N(60*time.Millisecond))
		<-delay.C
		k.Kill(p)
	}
	p := k.Start()
	rest()
	k.Kill(p)
}

// Load has everybody at work until rest is called, which returns how long the readers were behind when all
// had been answered.
func (k *Torture) Load() (rest func() time.Duration) {
	stop, stay := make(chan struct{}), make(chan struct{})
	var senders, movers, readers sync.WaitGroup
	for _, s := range k.Senders {
		senders.Go(func() { s.run(k.T.Context(), stop) })
	}
	ctx, leave := context.WithCancel(k.T.Context())
	for _, r := range k.Readers {
		readers.Go(func() { r.run(ctx) })
	}
	for _, m := range k.Movers {
		movers.Go(func() { m.run(k.T.Context(), stay) })
		for _, w := range m.Watchers {
			readers.Go(func() { w.run(ctx) })
		}
	}
	return func() time.Duration {
		close(stay)
		movers.Wait()
		close(stop)
		senders.Wait()
		for _, m := range k.Movers {
			m.say(k.T.Context())
		}
		answered := time.Now()
		k.await()
		behind := time.Since(answered)
		leave()
		readers.Wait()
		return behind
	}
}

// AwaitAnswer waits for the next answer to a send.
func (k *Torture) AwaitAnswer() {
	select {
	case <-k.answered: // of before
	default:
	}
	select {
	case <-k.answered:
	case <-time.After(harness.Timeout):
		k.T.Error("nothing is answered")
	}
}

// await waits until the readers are at the end; the checker says it when they are not.
func (k *Torture) await() {
	ends := map[uuid.UUID]int64{}
	for _, s := range k.allSenders() {
		for _, one := range s.sends {
			ends[one.room]++
		}
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(harness.Timeout); time.Now().Before(end) && k.behind(ends) > 0; <-tick.C {
	}
}

// behind counts the readers that are not at the end.
func (k *Torture) behind(ends map[uuid.UUID]int64) (behind int) {
	for _, r := range k.Readers {
		if at := r.Reached.Load(); at > 0 && at < ends[r.Room] {
			behind++
		}
	}
	for _, m := range k.Movers {
		for _, w := range m.Watchers {
			if w.Reached.Load() < ends[w.room] {
				behind++
			}
		}
	}
	return behind
}

// allSenders are those who send, and those who only have a last word.
func (k *Torture) allSenders() []*Sender {
	all := slices.Clone(k.Senders)
	for _, m := range k.Movers {
		all = append(all, m.Sender)
	}
	return all
}

// Post asks the server; an error means that no answer came.
func (k *Torture) Post(ctx context.Context, at, token, document string, variables map[string]any) (a harness.Answer, err error) {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return a, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+at+"/graphql", bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := k.HTTP.Do(request)
	if err != nil {
		return a, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(text, &a)
}

// pause waits a moment before the next try, so that a server that is down costs little.
func pause(ctx context.Context, moment time.Duration) {
	t := time.NewTimer(moment)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
