package roomlog

import (
	"parley/chat/access"
	"parley/ent"
	"parley/ent/room"
)

// A RoomKind says who finds a room and how people come in. It never changes.
type RoomKind string

// The kinds of rooms.
const (
	Public  = RoomKind(room.KindPUBLIC)
	Private = RoomKind(room.KindPRIVATE)
	Direct  = RoomKind(room.KindDIRECT)
)

// Actions are what somebody of a standing may do in the room.
func (r *Room) Actions(as access.Standing) []access.Action {
	return access.Room{Room: &ent.Room{ID: r.ID, Kind: room.Kind(r.Kind), SendRole: int(r.SendRole)}, As: as}.Actions()
}
