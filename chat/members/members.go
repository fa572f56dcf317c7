package members

import "errors"

var (
	// ErrNoPerson means that there is no such account, or none any more.
	ErrNoPerson = errors.New("no such person")
	// ErrManyRooms means that somebody is in as many rooms as they may be.
	ErrManyRooms = errors.New("too many rooms of one person")
	// ErrManyMembers means that a room is full.
	ErrManyMembers = errors.New("too many members in a room")
)
