package queue

import (
	"errors"
	"sync/atomic"

	"github.com/google/uuid"

	"parley/chat/mentions"
	"parley/chat/roomlog"
	"parley/db"
	"parley/ent"
)

// A Send is a chat that is to be stored.
type Send struct {
	ID       uuid.UUID
	Chosen   bool // the ID, by the client, so it may be known already
	Room     uuid.UUID
	Called   string // the key of the name that the room was called by; empty: by its id
	UserID   uuid.UUID
	Username string
	Text     string
	Data     *string         // JSON of the sender's app; nil: none
	Names    []mentions.Name // that may mention somebody
	ReplyTo  *uuid.UUID      // the chat of the same room that it answers; nil: none
	Version  int64           // of the room's access when the sender was found to be a member who may; see Options.MaySend
}

// Unjudged is the version of a send whose sender is to be judged, whatever the room's.
const Unjudged int64 = -1

// An entry is a send on its way through the queue. Whether it is stored or withdrawn is decided
// by one swap of its state.
type entry struct {
	*Send
	uncertain bool // it may have been stored by a commit whose outcome is unknown; its lane's own

	state atomic.Int32 // waiting, then taken or withdrawn
	done  chan struct{}
	chat  *roomlog.Chat // set before done is closed
	err   error         // likewise
}

const (
	waiting int32 = iota
	taken
	withdrawn
)

func (e *entry) answer(c *roomlog.Chat, err error) {
	e.chat, e.err = c, err
	close(e.done)
}

// size is what the entry has of text.
func (e *entry) size() int64 {
	if e.Data == nil {
		return int64(len(e.Text))
	}
	return int64(len(e.Text) + len(*e.Data))
}

// unknown is what is said when the entry may have been stored.
func (e *entry) unknown() error {
	if e.Chosen {
		return db.ErrUnknownOutcome
	}
	return ErrUnknown
}

// orUnknown is the error of an entry that was not stored, as far as anybody knows.
func (e *entry) orUnknown(err error) error {
	if e.uncertain || errors.Is(err, db.ErrUnknownOutcome) {
		return e.unknown()
	}
	return err
}

// row is the chat that the entry becomes, beside its event.
func (e *entry) row(at *ent.RoomEvent) *ent.Chat {
	return &ent.Chat{
		ID: e.ID, RoomID: at.RoomID, Number: at.Number, Place: at.Place, Tag: at.Tag, UserID: e.UserID,
		Username: e.Username, Text: e.Text, Data: e.Data, CreatedAt: at.At, ReplyTo: e.ReplyTo,
	}
}
