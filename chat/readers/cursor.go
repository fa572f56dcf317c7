package readers

import (
	"encoding/base64"
	"encoding/binary"
	"math"

	"github.com/google/uuid"

	"parley/chat/roomlog"
)

// cursorOfList begins the cursors of a person's list of rooms: kind 1 byte, person 16, version 8.
const cursorOfList = 16

// listCursor is a place in a person's list of rooms.
func listCursor(person uuid.UUID, version int64) string {
	var b [25]byte
	b[0] = cursorOfList
	copy(b[1:], person[:])
	binary.BigEndian.PutUint64(b[17:], uint64(version))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// A resume is what the cursors say that a reader of all rooms of a person was given before.
type resume struct {
	rooms  map[uuid.UUID]roomlog.Position
	listed int64 // the version of their list that was known; Never: none was
	most   int   // rooms that they may follow now
}

// parseResume reads cursors of rooms and of a person's list, any number of each: the furthest counts. ErrCursor.
func parseResume(person uuid.UUID, after []string) (resume, error) {
	r, known := resume{rooms: map[uuid.UUID]roomlog.Position{}, listed: Never}, int64(-1)
	for _, text := range after {
		if room, at, ok := roomlog.ParseCursor(text); ok {
			if at.Place == math.MaxInt64 { // nothing is behind it
				return r, ErrCursor
			}
			if was, given := r.rooms[room]; !given || at.Place > was.Place {
				r.rooms[room] = at
			}
			continue
		}
		b, ok := roomlog.DecodeCursor(text, cursorOfList, 25)
		if !ok || uuid.UUID(b[1:17]) != person || b[17] > 127 {
			return r, ErrCursor
		}
		known = max(known, int64(binary.BigEndian.Uint64(b[17:])))
		r.listed = known
	}
	return r, nil
}
