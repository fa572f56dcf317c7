package pages

import (
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"parley/chat/arguments"
	"parley/chat/roomlog"
)

// ParseCursor reads a cursor of the log of any room; field is the argument it came in. *arguments.InvalidError.
func ParseCursor(field, text string) (room uuid.UUID, at roomlog.Position, err error) {
	room, at, ok := roomlog.ParseCursor(text)
	if !ok {
		return room, at, arguments.BadCursor(field)
	}
	return room, at, nil
}

// CursorOf reads one of this room's log.
func CursorOf(room uuid.UUID, field, text string) (roomlog.Position, error) {
	of, at, err := ParseCursor(field, text)
	if err == nil && of != room {
		err = arguments.BadCursor(field)
	}
	return at, err
}

// activity is where a room stands in the list of rooms, which is ordered by the time of the last event.
type activity struct {
	at time.Time
	id uuid.UUID
}

// cursorOfRooms begins the cursors of that list: kind 1 byte, milliseconds 8, room 16.
const cursorOfRooms = 2

func (a activity) cursor() string {
	var b [25]byte
	b[0] = cursorOfRooms
	binary.BigEndian.PutUint64(b[1:], uint64(a.at.UnixMilli()))
	copy(b[9:], a.id[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// parseActivity reads a cursor of the list of rooms. Both databases take the years 0 to 9999, and no room was active
// in any other.
func parseActivity(field, text string) (activity, error) {
	b, ok := roomlog.DecodeCursor(text, cursorOfRooms, 25)
	if !ok {
		return activity{}, arguments.BadCursor(field)
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(b[1:]))).UTC()
	if at.Year() < 0 || at.Year() > 9999 {
		return activity{}, arguments.BadCursor(field)
	}
	return activity{at, uuid.UUID(b[9:25])}, nil
}
