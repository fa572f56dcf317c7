package roomlog

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/predicate"
	"parley/ent/roomevent"
)

// A Position is a place in a room's log, 0 before the first event, and the tag of the event there, which is random and
// tells two histories of the same place apart. The zero Position is the start of every room.
type Position struct{ Place, Tag int64 }

// HeadOf is where a room's log ends.
func HeadOf(room *ent.Room) Position { return Position{room.LastPlace, room.LastTag} }

// newTag makes a tag; 0 belongs to the start.
func newTag() int64 { return 1 + rand.Int64N(math.MaxInt64-1) }

// cursorOfLog begins the cursors of logs: kind 1 byte, room 16, place 8, tag 8. Cursors of other lists have other kinds.
const cursorOfLog = 1

// Cursor is the position as a cursor of the room. A cursor is opaque to clients and no secret: access is checked anyway.
func (p Position) Cursor(room uuid.UUID) string {
	var b [33]byte
	b[0] = cursorOfLog
	copy(b[1:], room[:])
	binary.BigEndian.PutUint64(b[17:], uint64(p.Place))
	binary.BigEndian.PutUint64(b[25:], uint64(p.Tag))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ParseCursor reads a cursor of the log of any room. ok: it is one.
func ParseCursor(text string) (room uuid.UUID, p Position, ok bool) {
	b, ok := DecodeCursor(text, cursorOfLog, 33)
	if !ok {
		return uuid.Nil, Position{}, false
	}
	p = Position{int64(binary.BigEndian.Uint64(b[17:])), int64(binary.BigEndian.Uint64(b[25:]))}
	if p.Place < 0 || (p.Place == 0) != (p.Tag == 0) {
		return uuid.Nil, Position{}, false
	}
	return uuid.UUID(b[1:17]), p, true
}

// DecodeCursor reads the bytes of a cursor, of which the first is its kind. ok: the text is a cursor of that kind.
func DecodeCursor(text string, kind byte, size int) (b []byte, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text) // which overlooks line breaks
	if err != nil || len(b) != size || b[0] != kind || len(text) != base64.RawURLEncoding.EncodedLen(size) {
		return nil, false
	}
	return b, true
}

// Verify looks up the event that a position stands on, none at the start. *DivergedError: the room's log has no such event
// there.
func Verify(ctx context.Context, db *ent.Client, room uuid.UUID, p Position) (*ent.RoomEvent, error) {
	if p.Place == 0 {
		return &ent.RoomEvent{}, nil
	}
	event, err := db.RoomEvent.Query().Where(roomevent.RoomID(room), roomevent.Place(p.Place)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && event.Tag != p.Tag {
		return nil, &DivergedError{[]uuid.UUID{room}}
	}
	if err != nil {
		return nil, fmt.Errorf("look up cursor: %w", err)
	}
	return event, nil
}

// lookedUpBy is how many places one level of a query names: SQLite takes expressions of 1,000 levels.
const lookedUpBy = 200

// PositionsAt reads which positions lie at places in many rooms, one in each, by one query. Where a log has no such place
// there is none.
func PositionsAt(ctx context.Context, db *ent.Client, places map[uuid.UUID]int64) (map[uuid.UUID]Position, error) {
	there := make(map[uuid.UUID]Position, len(places))
	wanted := make([]predicate.RoomEvent, 0, len(places))
	for room, place := range places {
		if place > 0 {
			wanted = append(wanted, roomevent.And(roomevent.RoomID(room), roomevent.Place(place)))
		} else { // before the first event
			there[room] = Position{}
		}
	}
	if len(wanted) == 0 {
		return there, nil
	}
	var levels []predicate.RoomEvent
	for some := range slices.Chunk(wanted, lookedUpBy) {
		levels = append(levels, roomevent.Or(some...))
	}
	rows, err := db.RoomEvent.Query().Where(roomevent.Or(levels...)).
		Select(roomevent.FieldRoomID, roomevent.FieldPlace, roomevent.FieldTag).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look up cursors: %w", err)
	}
	for _, row := range rows {
		there[row.RoomID] = Position{row.Place, row.Tag}
	}
	return there, nil
}
