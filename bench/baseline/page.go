package main

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
)

// pages answers the newest 50 chats of a room with the columns and the JSON of Parley's page.
type pages struct {
	db          *sql.DB
	query, lean *sql.Stmt
}

// A row of the page, as Parley's clients see it.
type row struct {
	ID        string    `json:"id"`
	Number    int       `json:"number"`
	Text      string    `json:"text"`
	Username  string    `json:"username"`
	CreatedAt time.Time `json:"createdAt"`
	User      *author   `json:"user,omitempty"`
	Cursor    string    `json:"cursor,omitempty"`
}

type author struct {
	ID       string `json:"id"`
	Username string `json:"username"`
}

func newPages(file string) (*pages, error) {
	db, err := openReaders(file)
	if err != nil {
		return nil, err
	}
	query, err := db.Prepare(`SELECT c.id, c.number, c.place, c.tag, c.text, c.username, c.created_at, u.id, u.username
		FROM chats c JOIN users u ON u.id = c.user_id WHERE c.room_id = ? ORDER BY c.number DESC LIMIT 50`)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	lean, err := db.Prepare(`SELECT id, number, text, username, created_at
		FROM chats WHERE room_id = ? ORDER BY number DESC LIMIT 50`)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	return &pages{db, query, lean}, nil
}

// openReaders opens connections that read.
func openReaders(file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal=WAL&_query_only=1&_fk=1&_busy_timeout=5000")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	return db, nil
}

func (p *pages) close() { _ = p.db.Close() }

// ServeHTTP answers {"data":{"chats":{"nodes":[…]}}}, oldest first, to {"room":"…"}. At /lean the chats
// come without author and cursor.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var wanted struct{ Room uuid.UUID }
	if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	read := p.read
	if r.URL.Path == "/lean" {
		read = p.readLean
	}
	nodes, err := read(r.Context(), wanted.Room)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]any{"data": map[string]any{"chats": map[string]any{"nodes": nodes}}})
}

func (p *pages) read(ctx context.Context, room uuid.UUID) ([]row, error) {
	found, err := p.query.QueryContext(ctx, room)
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	defer func() { _ = found.Close() }()
	nodes := make([]row, 0, 50)
	for found.Next() {
		n := row{User: &author{}}
		var place, tag int64
		err := found.Scan(&n.ID, &n.Number, &place, &tag, &n.Text, &n.Username, &n.CreatedAt, &n.User.ID, &n.User.Username)
		if err != nil {
			return nil, fmt.Errorf("read the page: %w", err)
		}
		n.Cursor = cursor(room, place, tag)
		nodes = append(nodes, n)
	}
	slices.Reverse(nodes)
	return nodes, found.Err()
}

func (p *pages) readLean(ctx context.Context, room uuid.UUID) ([]row, error) {
	found, err := p.lean.QueryContext(ctx, room)
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	defer func() { _ = found.Close() }()
	nodes := make([]row, 0, 50)
	for found.Next() {
		var n row
		if err := found.Scan(&n.ID, &n.Number, &n.Text, &n.Username, &n.CreatedAt); err != nil {
			return nil, fmt.Errorf("read the page: %w", err)
		}
		nodes = append(nodes, n)
	}
	slices.Reverse(nodes)
	return nodes, found.Err()
}

// cursor has the size of Parley's: kind, room, place, tag.
func cursor(room uuid.UUID, place, tag int64) string {
	b := make([]byte, 0, 33)
	b = append(append(b, 1), room[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(place))
	b = binary.BigEndian.AppendUint64(b, uint64(tag))
	return base64.RawURLEncoding.EncodeToString(b)
}
