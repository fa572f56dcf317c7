// Package pages reads rooms and chats for whoever asks: one, several by their ids, a page of them. It rests on one idea: what
// the caller may read is judged in the snapshot that is shown. It changes nothing, and follows nothing.
package pages

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/db"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/room"
)

// ErrNoChat is what there is no chat by.
var ErrNoChat = roomlog.ErrNoChat

// Pages reads a database. It is safe for concurrent use.
type Pages struct {
	store *db.Store
	now   func() time.Time
}

// New makes Pages. now is the clock that bans are compared with.
func New(store *db.Store, now func() time.Time) *Pages { return &Pages{store, now} }

// A Page is a stretch of a room's chats, oldest first, or of another list of chats.
type Page struct {
	Nodes    []*roomlog.Chat
	Cursors  []string // of the nodes, in a list that is no log; nil: those of the chats
	PageInfo PageInfo
	// SyncCursor is where the log stood when the page was read; nil when newer chats exist than
	// the page shows.
	SyncCursor *string
}

// PageInfo says where a page lies in its list.
type PageInfo = members.PageInfo

// An Edge is a chat in a page.
type Edge struct {
	Cursor string
	Node   *roomlog.Chat
}

// Edges are the chats of the page with their cursors.
func (p *Page) Edges() []Edge {
	edges := make([]Edge, len(p.Nodes))
	for i, c := range p.Nodes {
		if edges[i].Node = c; p.Cursors != nil {
			edges[i].Cursor = p.Cursors[i]
		} else {
			edges[i].Cursor = c.Cursor()
		}
	}
	return edges
}

// find reads a room for something the caller wants to do there. ErrNoRoom, *access.ForbiddenError.
func (s *Pages) find(ctx context.Context, db *ent.Client, caller access.Caller, do access.Action, nameOrID string) (access.Room, error) {
	return access.Find(ctx, db, caller, do, nameOrID, s.now())
}

// readable reads the rooms of some ids that the caller may read.
func (s *Pages) readable(ctx context.Context, db *ent.Client, caller access.Caller, ids []uuid.UUID) (map[uuid.UUID]*roomlog.Room, error) {
	found, err := access.Load(ctx, db.Room.Query().Where(room.IDIn(ids...)), caller.ID, s.now())
	if err != nil {
		return nil, err
	}
	rooms := make(map[uuid.UUID]*roomlog.Room, len(found))
	for _, r := range found {
		if r.May(access.Read) == nil {
			rooms[r.ID] = roomlog.RoomFor(r)
		}
	}
	return rooms, nil
}

// ofReadable are the chats of rooms that the caller may read now.
func (s *Pages) ofReadable(caller access.Caller) func(*sql.Selector) {
	return func(c *sql.Selector) { c.Where(access.Reader{Person: caller.ID}.In(c, c.C(chat.FieldRoomID), s.now())) }
}
