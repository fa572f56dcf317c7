package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/chat/members"
	"parley/chat/mentions"
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

	stored  map[uuid.UUID]*roomlog.Chat // by their ids, in this transaction
	rows    []*ent.Chat                 // the same, to be written
	naming  []mentions.Written          // those of them that may mention somebody, or answer somebody
	targets map[uuid.UUID]target        // what they answer, by its id
	events  []*ent.RoomEvent            // likewise

	locked    []*locked // rooms, in order of their ids
	newcomers map[uuid.UUID]*newcomer
	members   []any            // to be written, their columns one behind the other
	records   []members.Record // of them
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
		q.o.Tell(ctx, b.records...)
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
			errs: make([]error, len(entries)), stored: map[uuid.UUID]*roomlog.Chat{}, newcomers: map[uuid.UUID]*newcomer{},
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

// run stores what is new, room by room in order of their ids, so that no two transactions wait for each other. Which places
// and numbers are needed is known when all rooms are locked, and then who joins.
func (b *batch) run(ctx context.Context) error {
	if err := b.answerKnown(ctx); err != nil {
		return err
	}
	if err := b.lockRooms(ctx); err != nil {
		return err
	}
	if err := b.lockNewcomers(ctx); err != nil {
		return err
	}
	if err := b.findTargets(ctx); err != nil {
		return err
	}
	for _, l := range b.locked {
		if err := b.storeIn(ctx, l); err != nil {
			return err
		}
	}
	for i, e := range b.entries { // the same id twice in one batch is stored once
		if !b.answered(i) {
			b.chats[i], b.errs[i] = repeat(e, b.stored[e.ID])
		}
	}
	return b.write(ctx)
}

// write writes what has been stored.
func (b *batch) write(ctx context.Context) error {
	if err := b.log.WriteEvents(ctx, b.tx, b.events); err != nil {
		return err
	}
	if err := b.log.WriteChats(ctx, b.tx, b.rows); err != nil {
		return err
	}
	if err := b.markAnswered(ctx); err != nil {
		return err
	}
	if err := b.writeMembers(ctx); err != nil {
		return err
	}
	named, err := b.o.Mentions.Write(ctx, b.tx, b.naming...)
	for id, c := range b.stored {
		c.Named = named.Of(id)
	}
	return err
}

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
		if err := b.answerWith(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// answerWith answers the entries that have the id of a stored chat.
func (b *batch) answerWith(ctx context.Context, row *ent.Chat) error {
	stored := roomlog.ChatOf(row, roomlog.RoomOf(row.Edges.Room))
	var own []int
	for i, e := range b.entries {
		if e.ID != row.ID {
			continue
		}
		if b.chats[i], b.errs[i] = repeat(e, stored); b.errs[i] == nil {
			own = append(own, i)
		}
	}
	verdicts, err := b.judge(ctx, b.o.MayRead, row.Edges.Room, own)
	for i, v := range verdicts {
		if n := own[i]; v.Refused != nil {
			b.chats[n], b.errs[n] = nil, v.Refused
		}
	}
	return err
}

func (b *batch) judge(ctx context.Context, may Judge, room *ent.Room, which []int) ([]Verdict, error) {
	if len(which) == 0 {
		return nil, nil
	}
	sends := make([]*Send, len(which))
	for i, n := range which {
		sends[i] = b.entries[n].Send
	}
	return may(ctx, b.tx, room, sends)
}
