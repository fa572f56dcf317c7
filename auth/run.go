package auth

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/blacklistedtoken"
	"parley/ent/loginlimit"
	"parley/ent/session"
)

const (
	lookEvery   = time.Second // for sessions ended elsewhere: refused there 2 s later at the latest
	lookTimeout = 5 * time.Second
	lookBack    = 60 * time.Second // covers clocks that differ and slow commits
	writeUsed   = 60 * time.Second
	cleanFirst  = time.Minute
	cleanEvery  = time.Hour
	cleanBatch  = 500                 // rows a transaction, so that nobody waits long for the writer
	keepEnded   = 30 * 24 * time.Hour // rows of sessions that have ended or expired
	keepTokens  = time.Hour           // rows of blacklisted tokens that have expired, beyond the leeway
)

// Run does the background work until ctx ends, and then answers nil: it looks for sessions ended
// by other nodes, writes when sessions were last used, and cleans up. What goes wrong is told to
// OnError and tried again. Without it ends elsewhere are still found, but only by each request.
func (s *Service) Run(ctx context.Context) error {
	var tasks sync.WaitGroup
	for _, t := range []struct {
		first, every time.Duration
		do           func(context.Context) error
	}{
		{lookEvery, lookEvery, s.lookForEnded},
		{writeUsed, writeUsed, s.writeLastUsed},
		{cleanFirst, cleanEvery, s.clean},
	} {
		tasks.Go(func() { s.repeat(ctx, t.first, t.every, t.do) })
	}
	tasks.Wait()
	return nil
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
	s.cache.prune(s.o.Now())
	byReason := map[string][]uuid.UUID{}
	err := s.store.View(ctx, func(c *ent.Client) error {
		rows, err := c.Session.Query().Where(session.RevokedAtGT(s.now().Add(-lookBack))).
			Select(session.FieldID, session.FieldRevokedReason).Order(session.ByID()).All(ctx)
		for _, row := range rows {
			byReason[reasonOf(row)] = append(byReason[reasonOf(row)], row.ID)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look for ended sessions: %w", err)
	}
	for reason, ids := range byReason {
		if fresh := s.cache.end(ids, reason, s.o.Now()); len(fresh) > 0 {
			s.meters.endedElsewhere.Add(reason, len(fresh))
			s.o.OnEnded(fresh)
		}
	}
	return nil
}

// writeLastUsed writes last_used_at of the sessions that were used and whose row is old.
func (s *Service) writeLastUsed(ctx context.Context) error {
	ids := s.cache.takeUsed()
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	batch := cleanBatch
	if s.store.Shared() {
		batch = 1 // or it holds one session of a user and waits for another, while somebody ends both
	}
	for part := range slices.Chunk(ids, batch) {
		err := s.write(ctx, func(ctx context.Context, tx *ent.Tx) error {
			now := s.now()
			return tx.Session.Update().Where(session.IDIn(part...), session.RevokedAtIsNil(),
				session.LastUsedAtLT(now.Add(-usedAfter))).SetLastUsedAt(now).Exec(ctx)
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
	now := s.now()
	tokens := func(tx *ent.Tx) *ent.BlacklistedTokenQuery { return tx.BlacklistedToken.Query().Limit(cleanBatch) }
	for _, remove := range []func(context.Context, *ent.Tx) (int, error){
		func(ctx context.Context, tx *ent.Tx) (int, error) {
			old := blacklistedtoken.ExpiresAtLT(now.Add(-s.o.Leeway - keepTokens))
			return removeTokens(ctx, tx, tokens(tx).Where(old).Order(blacklistedtoken.ByExpiresAt(), blacklistedtoken.ByID()))
		},
		func(ctx context.Context, tx *ent.Tx) (int, error) {
			moot := blacklistedtoken.HasSessionWith(session.RevokedAtNotNil())
			return removeTokens(ctx, tx, tokens(tx).Where(moot).Order(blacklistedtoken.ByID()))
		},
		func(ctx context.Context, tx *ent.Tx) (int, error) {
			old := session.Or(session.RevokedAtLT(now.Add(-keepEnded)), session.ExpiresAtLT(now.Add(-keepEnded)))
			ids, err := tx.Session.Query().Where(old).Order(session.ByID()).Limit(cleanBatch).IDs(ctx)
			if err != nil || len(ids) == 0 {
				return 0, err
			}
			_, err = tx.Session.Delete().Where(session.IDIn(ids...)).Exec(ctx)
			return len(ids), err
		},
		func(ctx context.Context, tx *ent.Tx) (int, error) {
			ids, err := tx.LoginLimit.Query().Where(loginlimit.FullAtLT(now)).Order(loginlimit.ByID()).Limit(cleanBatch).IDs(ctx)
			for _, id := range ids { // one by one: so they are locked in the order in which sign-ins lock them
				// Asked once more, because a place may have been taken since.
				if _, err := tx.LoginLimit.Delete().Where(loginlimit.ID(id), loginlimit.FullAtLT(now)).Exec(ctx); err != nil {
					return 0, err
				}
			}
			return len(ids), err
		},
	} {
		if err := s.cleanWith(ctx, remove); err != nil {
			return fmt.Errorf("clean up: %w", err)
		}
	}
	return nil
}

func removeTokens(ctx context.Context, tx *ent.Tx, which *ent.BlacklistedTokenQuery) (int, error) {
	ids, err := which.IDs(ctx)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	_, err = tx.BlacklistedToken.Delete().Where(blacklistedtoken.IDIn(ids...)).Exec(ctx)
	return len(ids), err
}

// cleanWith repeats one removal, a transaction each, until it finds less than a batch. How many it removed
// says nothing: another node may have removed what it found.
func (s *Service) cleanWith(ctx context.Context, remove func(context.Context, *ent.Tx) (int, error)) error {
	for {
		n := 0
		err := s.write(ctx, func(ctx context.Context, tx *ent.Tx) (err error) {
			n, err = remove(ctx, tx)
			return err
		})
		if err != nil || n < cleanBatch {
			return err
		}
	}
}
