package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver Parley uses
)

// A chat as it is sent. Parley would know user and username from the token.
type chat struct {
	Room     string `json:"room"`
	Text     string `json:"text"`
	ID       string `json:"id"`
	User     string `json:"user"`
	Username string `json:"username"`
}

// A store puts a chat on disk and returns its number.
type store interface {
	send(chat) (int, error)
}

func sendHandler(s store) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c chat
		if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		number, err := s.send(c)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, struct {
			ID     string `json:"id"`
			Number int    `json:"number"`
		}{c.ID, number})
	})
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // a client that has gone wants no answer
}

// openWriter opens the one connection that writes, as durable as Parley's.
func openWriter(file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal=WAL&_sync=FULL&_fk=1&_txlock=immediate&_busy_timeout=5000")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// The three statements of a send. The counter row gives place and number; chats and events follow
// by rows.
const (
	reserve = `UPDATE rooms SET last_place = last_place + ?, last_number = last_number + ?, last_tag = ?, last_at = ?
		WHERE id = ? RETURNING last_place, last_number`
	insertChats  = `INSERT INTO chats (id, room_id, number, place, tag, user_id, username, text, created_at) VALUES `
	chatRow      = `(?,?,?,?,?,?,?,?,?)`
	insertEvents = `INSERT INTO room_events (room_id, place, number, kind, tag, at, actor_id, chat_id) VALUES `
	eventRow     = `(?,?,?,'CHAT_SENT',?,?,?,?)`
)

// An entry is a chat with what the transaction gives it.
type entry struct {
	chat
	place, tag int64
	number     int
	at         time.Time
}

func (e *entry) chatValues(to []any) []any {
	return append(to, e.ID, e.Room, e.number, e.place, e.tag, e.User, e.Username, e.Text, e.at)
}

func (e *entry) eventValues(to []any) []any {
	return append(to, e.Room, e.place, e.number, e.tag, e.at, e.User, e.ID)
}

// newTag is random and never 0.
func newTag() int64 { return rand.Int64() | 1 }

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
