package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/auth/rows"
	"parley/ent"
	"parley/ent/blacklistedtoken"
	"parley/ent/predicate"
	"parley/ent/session"
	"parley/limit"
)

const (
	lookEvery   = time.Second // for sessions ended elsewhere: refused there 2 s later at the latest
	lookTimeout = 5 * time.Second
	lookBack    = 60 * time.Second // covers limit.ClocksDiffer and slow commits
	writeUsed   = 60 * time.Second
	writeHeld   = 5 * time.Second
	writeLast   = 3 * time.Second // what a stop may take for that: within what is left before the process is killed
	cleanFirst  = time.Minute
	cleanEvery  = time.Hour
	keepEnded   = 30 * 24 * time.Hour // rows of sessions that have ended or expired
	thinEvery   = 10 * time.Minute
	keepNews    = 10 * time.Minute // the same, however many: other nodes look for them
	maxEnded    = 100              // the same, of one user, beyond those
	keepTokens  = time.Hour        // rows of blacklisted tokens that have expired, beyond the leeway
)

// Run does the background work until ctx ends, and then answers nil: it looks for sessions ended
// by other nodes, writes when sessions were last used and what could not be written when they ended,
// and cleans up. What goes wrong is told to
// OnError and tried again. Without it ends elsewhere are still found, but only by each request.
// At last it writes the ends that are still to be written, so it ends when requests have.
func (s *Service) Run(ctx context.Context) error {
	var tasks sync.WaitGroup
	for _, t := range []struct {
		first, every time.Duration
		do           func(context.Context) error
	}{
		{lookEvery, lookEvery, s.lookForEnded},
		{writeUsed, writeUsed, s.writeLastUsed},
		{writeHeld, writeHeld, s.writeEnds},
		{cleanFirst, cleanEvery, s.clean},
		{cleanFirst, thinEvery, s.thinOut},
	} {
		tasks.Go(func() { s.repeat(ctx, t.first, t.every, t.do) })
	}
	tasks.Wait()
	s.writeLastEnds(context.WithoutCancel(ctx))
	return nil
}

// writeLastEnds tries for the last time to write ends: only this process knows them.
func (s *Service) writeLastEnds(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, writeLast)
	defer cancel()
	if err := recovered(ctx, s.writeEnds); err != nil {
		s.o.OnError(fmt.Errorf("the ends of %d sessions could not be stored, which live on: %w", s.cache.heldCount(), err))
	}
}

func (s *Service) repeat(ctx context.Context, first, every time.Duration, do func(context.Context) error) {
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if err := recovered(ctx, do); err != nil && ctx.Err() == nil {
			s.o.OnError(err)
		}
		timer.Reset(every)
	}
}

// recovered makes a panic an error: one bad round must not take the server down.
func recovered(ctx context.Context, do func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in background work: %v", p)
		}
	}()
	return do(ctx)
}

// lookForEnded marks what was ended elsewhere in the last minute.
func (s *Service) lookForEnded(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	s.cache.prune(s.store.Clock())
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
		if fresh := s.cache.end(ids, reason, s.store.Clock()); len(fresh) > 0 {
			s.meters.endedElsewhere.Add(reason, len(fresh))
			s.o.OnEnded(fresh)
		}
	}
	return nil
}

// batch is how many sessions a transaction may lock that does not hold their users' rows. Where others write
// beside it, one: or it holds one session of a user and waits for another, while somebody ends both.
func (s *Service) batch() int {
	if s.store.Shared() {
		return 1
	}
	return rows.Batch
}

// writeEnds writes the ends of sessions that could not be written when they were due.
func (s *Service) writeEnds(ctx context.Context) error {
	for reason, ids := range s.cache.allHeld() {
		for part := range slices.Chunk(ids, s.batch()) {
			err := s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error { return s.revoke(ctx, tx, part, reason) })
			if err != nil {
				return fmt.Errorf("write ends of sessions: %w", err)
			}
			s.cache.end(part, reason, s.store.Clock())
		}
	}
	return nil
}

// writeLastUsed writes last_used_at of the sessions that were used and whose row is old.
func (s *Service) writeLastUsed(ctx context.Context) error {
	ids := s.cache.takeUsed()
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

// clean removes what can no longer decide anything. No row goes whose token could still pass:
// expired ones fail before the database, the others at their session's end or by their generation.
func (s *Service) clean(ctx context.Context) error {
	now := s.store.Now()
	expired := blacklistedtoken.ExpiresAtLT(now.Add(-s.o.Leeway - keepTokens))
	over := session.Or(session.RevokedAtLT(now.Add(-keepEnded)), session.ExpiresAtLT(now.Add(-keepEnded)))
	for _, find := range []rows.Find{
		func(ctx context.Context, c *ent.Client) (int, rows.Remove, error) {
			ids, err := c.BlacklistedToken.Query().Where(expired).Order(blacklistedtoken.ByExpiresAt(), blacklistedtoken.ByID()).Limit(rows.Batch).IDs(ctx)
			return len(ids), removeTokens(ids), err
		},
		func(ctx context.Context, c *ent.Client) (int, rows.Remove, error) {
			moot := blacklistedtoken.HasSessionWith(session.RevokedAtNotNil())
			ids, err := c.BlacklistedToken.Query().Where(moot).Order(blacklistedtoken.ByID()).Limit(rows.Batch).IDs(ctx)
			return len(ids), removeTokens(ids), err
		},
		func(ctx context.Context, c *ent.Client) (int, rows.Remove, error) {
			ids, err := c.Session.Query().Where(over).Order(session.ByID()).Limit(rows.Batch).IDs(ctx)
			return len(ids), removeSessions(ids, over), err
		},
		func(ctx context.Context, c *ent.Client) (int, rows.Remove, error) {
			// A clock that was wrong has written them, and each look for ended sessions would find them until its time.
			ahead := session.RevokedAtGT(now.Add(limit.ClocksDiffer))
			ids, err := c.Session.Query().Where(ahead).Order(session.ByID()).Limit(rows.Batch).IDs(ctx)
			return len(ids), func(ctx context.Context, tx *ent.Tx) error {
				return tx.Session.Update().Where(session.IDIn(ids...), ahead).SetRevokedAt(now).Exec(ctx)
			}, err
		},
	} {
		if err := s.store.CleanUp(ctx, find); err != nil {
			return fmt.Errorf("clean up: %w", err)
		}
	}
	if err := s.attempts.CleanUp(ctx); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}

func removeSessions(ids []uuid.UUID, over predicate.Session) rows.Remove {
	return func(ctx context.Context, tx *ent.Tx) error {
		_, err := tx.Session.Delete().Where(session.IDIn(ids...), over).Exec(ctx)
		return err
	}
}

func removeTokens(ids []uuid.UUID) rows.Remove {
	return func(ctx context.Context, tx *ent.Tx) error {
		_, err := tx.BlacklistedToken.Delete().Where(blacklistedtoken.IDIn(ids...)).Exec(ctx)
		return err
	}
}

// thinOut removes rows of sessions that are over, of users who have many of them, so that somebody who signs in
// and out all the time does not fill the database in thirty days. Whoever still holds tokens of such a session is told
// SESSION_REVOKED all the same, with ReasonUnknown: why it ended went with its row.
func (s *Service) thinOut(ctx context.Context) error {
	users, err := s.crowded(ctx)
	if err != nil {
		return fmt.Errorf("thin out sessions: %w", err)
	}
	before := s.store.Now().Add(-keepNews)
	for _, u := range users {
		over := session.And(session.UserID(u), session.Or(session.RevokedAtLT(before), session.ExpiresAtLT(before)))
		last, err := s.store.Read.Session.Query().Where(over).Order(session.ByLastUsedAt(sql.OrderDesc()), session.ByID()).
			Offset(maxEnded).First(ctx)
		if ent.IsNotFound(err) {
			continue
		}
		if err == nil {
			err = s.store.CleanUp(ctx, func(ctx context.Context, c *ent.Client) (int, rows.Remove, error) {
				ids, err := c.Session.Query().Where(over, session.LastUsedAtLTE(last.LastUsedAt)).Limit(rows.Batch).IDs(ctx)
				return len(ids), removeSessions(ids, over), err
			})
		}
		if err != nil {
			return fmt.Errorf("thin out sessions: %w", err)
		}
	}
	return nil
}

// crowded are the users with more rows of sessions than may be live and are kept.
func (s *Service) crowded(ctx context.Context) (users []uuid.UUID, err error) {
	text, args := s.store.SQL().Select(session.FieldUserID).From(sql.Table(session.Table)).GroupBy(session.FieldUserID).
		Having(sql.GT(sql.Count("*"), maxSessions+maxEnded)).Query()
	found, err := s.store.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		var id uuid.UUID
		if err := found.Scan(&id); err != nil {
			return nil, err
		}
		users = append(users, id)
	}
	return users, found.Err()
}
