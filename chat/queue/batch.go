package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/chat/roomlog"
	"parley/db"
	"parley/ent"
	"parley/ent/chat"
)

// A batch is what one transaction comes to: for each entry its chat or its error, and what has been added to the logs of rooms.
type batch struct {
	*Queue
	tx      *ent.Tx
	now     time.Time
	entries []*entry
	chats   []*roomlog.Chat
	errs    []error
	commits []roomlog.Commit

	stored map[uuid.UUID]*roomlog.Chat // by their ids, in this transaction
	rows   []*ent.Chat                 // the same, to be written
	events []*ent.RoomEvent            // likewise
}

// commit stores a batch and answers every entry of it. What fails for no reason of the database is tried one by one, so
// that no entry fails its neighbours.
func (q *Queue) commit(ctx context.Context, entries []*entry) {
	b, err := q.storeOnce(ctx, entries)
	if errors.Is(err, db.ErrUnknownOutcome) && q.store.Shared() { // on SQLite it is a disk that is full
		b, err = q.resolveOutcome(ctx, entries)
	}
	switch {
	case err == nil:
		q.o.Committed(b.commits...)
		for i, e := range entries {
			e.answer(b.chats[i], b.errs[i])
		}
	case len(entries) == 1, concernsAll(err):
		for _, e := range entries {
			e.answer(nil, e.orUnknown(err))
		}
	default:
		for _, e := range entries {
			q.commit(ctx, []*entry{e})
		}
	}
}

// longestCommit bounds one transaction, so that a stuck disk or network becomes an error that says so.
const longestCommit = 10 * time.Second

func (q *Queue) storeOnce(ctx context.Context, entries []*entry) (*batch, error) {
	ctx, cancel := context.WithTimeout(ctx, longestCommit)
	defer cancel()
	var b *batch
	began := time.Now()
	err := q.store.Write(ctx, func(tx *ent.Tx) (err error) {
		b = &batch{
			Queue: q, tx: tx, now: q.o.Now(), entries: entries, chats: make([]*roomlog.Chat, len(entries)),
			errs: make([]error, len(entries)), stored: map[uuid.UUID]*roomlog.Chat{},
		}
		return b.run(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("store chats: %w", err)
	}
	q.batches.Observe(int64(len(entries)))
	q.commits.Observe(int64(time.Since(began)))
	return b, nil
}

// run stores what is new, room by room in order of their ids, so that no two transactions wait for each other.
func (b *batch) run(ctx context.Context) error {
	if err := b.answerKnown(ctx); err != nil {
		return err
	}
	byRoom := map[uuid.UUID][]int{}
	for i, e := range b.entries {
		if !b.answered(i) {
			byRoom[e.Room] = append(byRoom[e.Room], i)
		}
	}
	for _, room := range slices.SortedFunc(maps.Keys(byRoom), byID) {
		if err := b.append(ctx, room, byRoom[room]); err != nil {
			return err
		}
	}
	for i, e := range b.entries { // the same id twice in one batch is stored once
		if !b.answered(i) {
			b.chats[i], b.errs[i] = repeat(e, b.stored[e.ID])
		}
	}
	if err := b.log.WriteEvents(ctx, b.tx, b.events); err != nil {
		return err
	}
	return b.log.WriteChats(ctx, b.tx, b.rows)
}

func byID(x, y uuid.UUID) int { return bytes.Compare(x[:], y[:]) }

func (b *batch) answered(i int) bool { return b.chats[i] != nil || b.errs[i] != nil }

// repeat answers an entry whose id is stored already: its own sender in the same room gets that chat.
func repeat(e *entry, stored *roomlog.Chat) (*roomlog.Chat, error) {
	if stored.UserID != e.UserID || stored.Room.ID != e.Room {
		return nil, ErrIDTaken
	}
	return stored, nil
}

// answerKnown answers the entries whose ids were stored before, of who may still read there.
func (b *batch) answerKnown(ctx context.Context) error {
	var chosen []uuid.UUID
	var args []any
	for _, e := range b.entries {
		if e.Chosen || e.uncertain {
			chosen, args = append(chosen, e.ID), append(args, e.ID)
		}
	}
	known, err := b.known.Run(ctx, b.tx, args)
	if err != nil {
		return fmt.Errorf("look for known ids: %w", err)
	}
	if known == 0 {
		return nil
	}
	rows, err := b.tx.Chat.Query().Where(chat.IDIn(chosen...)).WithRoom().All(ctx)
	if err != nil {
		return fmt.Errorf("read known chats: %w", err)
	}
	for _, row := range rows {
		if row.Edges.Room.DeletedAt != nil { // it only waits to be purged, and its id is free
			if _, err := b.tx.Chat.Delete().Where(chat.ID(row.ID)).Exec(ctx); err != nil {
				return fmt.Errorf("delete the chat of a deleted room: %w", err)
			}
			continue
		}
		b.answerWith(row)
	}
	return nil
}

// answerWith answers the entries that have the id of a stored chat.
func (b *batch) answerWith(row *ent.Chat) {
	stored := roomlog.ChatOf(row, roomlog.RoomOf(row.Edges.Room))
	for i, e := range b.entries {
		if e.ID != row.ID {
			continue
		}
		if b.chats[i], b.errs[i] = repeat(e, stored); b.errs[i] != nil {
			continue
		}
		if err := b.o.MayRead(e.Send, row.Edges.Room); err != nil {
			b.chats[i], b.errs[i] = nil, err
		}
	}
}

// append adds entries to the log of their room. Whether they may is asked under the room's lock, since that may have
// changed while they were queued; the places of those who may not are given back.
func (b *batch) append(ctx context.Context, room uuid.UUID, which []int) error {
	asked := b.sent(which)
	if len(asked) == 0 {
		return nil
	}
	r, err := b.log.Reserve(ctx, b.tx, roomlog.Addition{Room: room, Events: b.eventsOf(asked), Now: b.now})
	if errors.Is(err, roomlog.ErrNoRoom) {
		b.refuse(which, func(*entry) error { return err })
		return nil
	}
	if err != nil {
		return err
	}
	b.refuse(which, func(e *entry) error { return b.o.MaySend(e.Send, r.Room) })
	kept := b.sent(which)
	if !slices.Equal(kept, asked) { // of two entries of one id another may have been kept
		if err := r.Keep(ctx, b.tx, b.eventsOf(kept)); err != nil {
			return err
		}
	}
	if len(kept) > 0 {
		b.keep(r, kept)
	}
	return nil
}

// sent picks the entries to be stored: not answered yet, and the first of their id.
func (b *batch) sent(which []int) (first []int) {
	seen := map[uuid.UUID]bool{}
	for _, i := range which {
		id := b.entries[i].ID
		if !b.answered(i) && !seen[id] && b.stored[id] == nil {
			seen[id] = true
			first = append(first, i)
		}
	}
	return first
}

func (b *batch) eventsOf(which []int) []roomlog.NewEvent {
	events := make([]roomlog.NewEvent, len(which))
	for i, n := range which {
		e := b.entries[n]
		events[i] = roomlog.NewEvent{Kind: roomlog.ChatSent, Actor: e.UserID, Chat: &e.ID}
	}
	return events
}

// refuse answers those of whom may returns an error.
func (b *batch) refuse(which []int, may func(*entry) error) {
	for _, i := range which {
		if err := may(b.entries[i]); err != nil {
			b.errs[i] = b.entries[i].orUnknown(err)
		}
	}
}

// keep makes entries the chats of a room's new events.
func (b *batch) keep(r *roomlog.Reservation, which []int) {
	in, rows := roomlog.RoomOf(r.Room), make([]*ent.Chat, len(which))
	for i, n := range which {
		e := b.entries[n]
		rows[i] = e.row(r.Events[i])
		b.chats[n] = roomlog.ChatOf(rows[i], in)
		b.stored[e.ID] = b.chats[n]
	}
	b.rows = append(b.rows, rows...)
	b.events = append(b.events, r.Events...)
	b.commits = append(b.commits, r.Commit(rows...))
}
