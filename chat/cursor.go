package chat

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/roomevent"
)

// Kinds of cursors. A cursor is opaque to clients and no secret: access is checked anyway.
const (
	kindPlace    = 1 // kind 1 byte, room 16, place 8, tag 8
	kindActivity = 2 // kind 1 byte, milliseconds 8, room 16: a place in the list of rooms
)

// A position is a place in a room's log together with what is known of it. The zero position is
// the start of every room.
type position struct {
	place  int64
	tag    int64 // random: tells two histories of the same place apart
	number int   // of the newest chat up to that place; not part of the cursor
	isChat bool  // the event at that place is that chat; not part of the cursor
}

// A Position is a place in a room's log, 0 before the first event, and the tag of the event there.
type Position struct{ Place, Tag int64 }

// Cursor is the position as a cursor of the room.
func (p Position) Cursor(room uuid.UUID) string {
	return position{place: p.Place, tag: p.Tag}.cursor(room)
}

func (p position) known() Position { return Position{p.place, p.tag} }

// newTag makes a tag; 0 belongs to the start.
func newTag() int64 { return 1 + rand.Int64N(math.MaxInt64-1) }

func (p position) cursor(room uuid.UUID) string {
	var b [33]byte
	b[0] = kindPlace
	copy(b[1:], room[:])
	binary.BigEndian.PutUint64(b[17:], uint64(p.place))
	binary.BigEndian.PutUint64(b[25:], uint64(p.tag))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// parsePlace reads a cursor of this room's log; field is the argument it came in.
func parsePlace(field, text string, room uuid.UUID) (position, error) {
	of, p, err := parseLogPlace(field, text)
	if err == nil && of != room {
		err = badCursor(field)
	}
	return p, err
}

// parseLogPlace reads a cursor of the log of any room.
func parseLogPlace(field, text string) (room uuid.UUID, p position, err error) {
	b, err := decodeCursor(field, text, kindPlace, 33)
	if err != nil {
		return uuid.Nil, position{}, err
	}
	p = position{place: int64(binary.BigEndian.Uint64(b[17:])), tag: int64(binary.BigEndian.Uint64(b[25:]))}
	if p.place < 0 || (p.place == 0) != (p.tag == 0) {
		return uuid.Nil, position{}, badCursor(field)
	}
	return uuid.UUID(b[1:17]), p, nil
}

func decodeCursor(field, text string, kind byte, size int) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text) // which overlooks line breaks
	if err != nil || len(b) != size || b[0] != kind || len(text) != base64.RawURLEncoding.EncodedLen(size) {
		return nil, badCursor(field)
	}
	return b, nil
}

func badCursor(field string) error {
	return &InvalidError{field, "CURSOR_INVALID", "this is not a cursor of this list"}
}

// verify looks up what a cursor stands on. ErrDiverged: the room's log has no such event there.
func verify(ctx context.Context, db *ent.Client, room uuid.UUID, p position) (position, error) {
	if p.place == 0 {
		return p, nil
	}
	event, err := db.RoomEvent.Query().Where(roomevent.RoomID(room), roomevent.Place(p.place)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && event.Tag != p.tag {
		return p, ErrDiverged
	}
	if err != nil {
		return p, fmt.Errorf("look up cursor: %w", err)
	}
	p.number, p.isChat = event.Number, event.Kind == roomevent.KindCHAT_SENT
	return p, nil
}

func headOf(room *ent.Room) position {
	return position{place: room.LastPlace, tag: room.LastTag, number: room.LastNumber}
}

// activity is a place in the list of rooms, which is ordered by the time of the last event.
type activity struct {
	at time.Time
	id uuid.UUID
}

func (a activity) cursor() string {
	var b [25]byte
	b[0] = kindActivity
	binary.BigEndian.PutUint64(b[1:], uint64(a.at.UnixMilli()))
	copy(b[9:], a.id[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// parseActivity reads a place in the list of rooms. Both databases take the years 0 to 9999, and no room was active
// in any other.
func parseActivity(field, text string) (activity, error) {
	b, err := decodeCursor(field, text, kindActivity, 25)
	if err != nil {
		return activity{}, err
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(b[1:]))).UTC()
	if at.Year() < 0 || at.Year() > 9999 {
		return activity{}, badCursor(field)
	}
	return activity{at, uuid.UUID(b[9:25])}, nil
}
