package sessions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/auth/rows"
	"parley/ent"
	"parley/ent/session"
	"parley/limit"
)

const (
	lookEvery   = time.Second // for sessions ended elsewhere: refused there 2 s later at the latest
	lookTimeout = 5 * time.Second
	lookBack    = 60 * time.Second // covers limit.ClocksDiffer and slow commits
	writeUsed   = 60 * time.Second
	writeHeld   = 5 * time.Second
	usedAfter   = 5 * time.Minute // a last_used_at older than this is written anew
)

// Task is a piece of background work, which is repeated until the server ends.
type Task struct {
	Name         string
	First, Every time.Duration // after the start, after it ended
	Do           func(context.Context) error
}

// Tasks are what is to be done in the background: looking for sessions ended by other nodes, which without it are found
// by each request alone; writing when sessions were last used, and what could not be written when they ended.
func (s *Sessions) Tasks() []Task {
	return []Task{
		{"look for ended sessions", lookEvery, lookEvery, s.lookForEnded},
		{"write last use", writeUsed, writeUsed, s.writeLastUsed},
		{"write ends of sessions", writeHeld, writeHeld, s.WriteEnds},
	}
}

// lookForEnded marks what was ended elsewhere in the last minute.
func (s *Sessions) lookForEnded(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	s.recent.Prune(s.store.Clock())
	byReason := map[string][]uuid.UUID{}
	err := s.store.View(ctx, func(c *ent.Client) error {
		found, err := c.Session.Query().Where(session.RevokedAtGT(s.store.Now().Add(-lookBack))).
			Select(session.FieldID, session.FieldRevokedReason).Order(session.ByID()).All(ctx)
		for _, row := range found {
			byReason[reasonOf(row)] = append(byReason[reasonOf(row)], row.ID)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look for ended sessions: %w", err)
	}
	for reason, ids := range byReason {
		if fresh := s.recent.End(ids, reason, s.store.Clock()); len(fresh) > 0 {
			s.endedElsewhere.Add(reason, len(fresh))
			s.o.OnEnded(fresh)
		}
	}
	return nil
}

// batch is how many sessions a transaction may lock that does not hold their users' rows. Where others write
// beside it, one: or it holds one session of a user and waits for another, while somebody ends both.
func (s *Sessions) batch() int {
	if s.store.Shared() {
		return 1
	}
	return rows.Batch
}

// WriteEnds writes the ends of sessions that could not be written when they were due. Call it at last when requests
// have ended: only this process knows them.
func (s *Sessions) WriteEnds(ctx context.Context) error {
	for reason, ids := range s.recent.AllHeld() {
		for part := range slices.Chunk(ids, s.batch()) {
			err := s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error { return s.revoke(ctx, tx, part, reason) })
			if err != nil {
				return fmt.Errorf("write ends of sessions: %w", err)
			}
			s.recent.End(part, reason, s.store.Clock())
		}
	}
	return nil
}

// writeLastUsed writes last_used_at of the sessions that were used and whose row is old.
func (s *Sessions) writeLastUsed(ctx context.Context) error {
	ids := s.recent.TakeUsed()
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	for part := range slices.Chunk(ids, s.batch()) {
		err := s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
			now := s.store.Now()
			stale := session.Or(session.LastUsedAtLT(now.Add(-usedAfter)), session.LastUsedAtGT(now.Add(limit.ClocksDiffer)))
			return tx.Session.Update().Where(session.IDIn(part...), session.RevokedAtIsNil(), stale).SetLastUsedAt(now).Exec(ctx)
		})
		if err != nil {
			return fmt.Errorf("write last use: %w", err)
		}
	}
	return nil
}
