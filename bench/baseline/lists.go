package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// listed is how many rooms a list has.
const listed = 50

// lists answers the rooms that a person is in, the most recently active first, with the statements and the JSON of
// Parley's list.
type lists struct {
	db           *sql.DB
	rooms, chats *sql.Stmt
}

// A listedRoom is a room of the list, as Parley's clients see it.
type listedRoom struct {
	ID             string     `json:"id"`
	Name           string     `json:"name"`
	MemberCount    int        `json:"memberCount"`
	LastChat       *row       `json:"lastChat"`
	Me             membership `json:"me"`
	AllowedActions []string   `json:"allowedActions"`

	number int // of its last chat
}

type membership struct {
	ID   string `json:"id"`
	Role string `json:"role"`
}

const (
	listRooms = `SELECT r.id, r.name, r.member_count, r.last_number, r.send_role, m.id, m.role, CASE WHEN m.role = 0 THEN (SELECT COUNT(*) FROM
			(SELECT 1 FROM members o WHERE o.room_id = m.room_id AND o.role = 0 LIMIT 2) owners) END, b.id, b.until
		FROM rooms r JOIN members mine ON r.id = mine.room_id LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?
			LEFT JOIN bans b ON b.room_id = r.id AND b.user_id = ?
		WHERE mine.user_id = ? AND r.deleted_at IS NULL AND (mine.hidden_number IS NULL OR mine.hidden_number <> r.last_number)
		ORDER BY r.last_at DESC, r.id DESC LIMIT ?`
	listChats = `SELECT c.room_id, c.id, c.number, c.text, c.username, c.created_at FROM chats c
		WHERE (%s) AND (SELECT r.deleted_at FROM rooms r WHERE r.id = c.room_id) IS NULL`
)

func newLists(file string) (*lists, error) {
	db, err := openReaders(file)
	if err != nil {
		return nil, err
	}
	l := &lists{db: db}
	if l.rooms, err = db.Prepare(listRooms); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	any := strings.TrimSuffix(strings.Repeat("(c.room_id = ? AND c.number = ?) OR ", listed), " OR ")
	if l.chats, err = db.Prepare(fmt.Sprintf(listChats, any)); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	return l, nil
}

func (l *lists) close() { _ = l.db.Close() }

// ServeHTTP answers {"data":{"rooms":{"nodes":[…]}}} to {"person":"…"}.
func (l *lists) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var wanted struct{ Person uuid.UUID }
	if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	nodes, err := l.read(r.Context(), wanted.Person)
	if err == nil {
		err = l.readChats(r.Context(), nodes)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]any{"data": map[string]any{"rooms": map[string]any{"nodes": nodes}}})
}

func (l *lists) read(ctx context.Context, person uuid.UUID) ([]*listedRoom, error) {
	found, err := l.rooms.QueryContext(ctx, person, person, person, listed+1) // as Parley does, to know whether there are more
	if err != nil {
		return nil, fmt.Errorf("read the rooms: %w", err)
	}
	defer func() { _ = found.Close() }()
	nodes := make([]*listedRoom, 0, listed+1)
	for found.Next() {
		n := &listedRoom{}
		var sendRole, role int
		var owners, ban *int
		var until *time.Time
		if err := found.Scan(&n.ID, &n.Name, &n.MemberCount, &n.number, &sendRole, &n.Me.ID, &role, &owners, &ban, &until); err != nil {
			return nil, fmt.Errorf("read the rooms: %w", err)
		}
		n.Me.Role, n.AllowedActions = []string{"OWNER", "ADMIN", "MEMBER"}[role], allowed(role, sendRole, owners)
		nodes = append(nodes, n)
	}
	return nodes[:min(len(nodes), listed)], found.Err()
}

// allowed are the actions of a member, who is not banned.
func allowed(role, sendRole int, owners *int) []string {
	var may []string
	if owners == nil || *owners > 1 {
		may = append(may, "LEAVE")
	}
	if role <= sendRole {
		may = append(may, "SEND_CHAT")
	}
	if role <= 1 {
		may = append(may, "DELETE_ANY_CHAT", "UPDATE_ROOM", "MANAGE_MEMBERS")
	}
	if role == 0 {
		may = append(may, "SET_ROLES", "DELETE_ROOM")
	}
	return may
}

// readChats adds the last chat of each room.
func (l *lists) readChats(ctx context.Context, nodes []*listedRoom) error {
	args, byRoom := make([]any, 2*listed), make(map[string]*listedRoom, len(nodes)) // NULL finds none
	for i, n := range nodes {
		args[2*i], args[2*i+1] = n.ID, n.number
		byRoom[n.ID] = n
	}
	found, err := l.chats.QueryContext(ctx, args...)
	if err != nil {
		return fmt.Errorf("read the last chats: %w", err)
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var room string
		var c row
		if err := found.Scan(&room, &c.ID, &c.Number, &c.Text, &c.Username, &c.CreatedAt); err != nil {
			return fmt.Errorf("read the last chats: %w", err)
		}
		byRoom[room].LastChat = &c
	}
	return found.Err()
}
