// Package cleanup removes rows of sessions and tokens that can no longer decide anything. It rests on searching outside
// of the transaction that removes, a batch at a time, so that nobody waits long for the writer. It knows no token that
// could still pass: those stay.
package cleanup

import (
	"context"
	"errors"
	"fmt"
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
	keepEnded  = 30 * 24 * time.Hour // rows of sessions that have ended or expired
	keepNews   = 10 * time.Minute    // the same, however many: other nodes look for them
	maxEnded   = 100                 // the same, of one user, beyond those
	keepTokens = time.Hour           // rows of blacklisted tokens that have expired, beyond the leeway
)

// Cleaner removes rows of a store.
type Cleaner struct {
	Store  *rows.Store
	Leeway time.Duration // for which tokens are accepted longer
	Live   int           // sessions of a user that may be live
}

// CleanUp removes what can no longer decide anything. No row goes whose token could still pass:
// expired ones fail before the database, the others at their session's end or by their generation.
func (c Cleaner) CleanUp(ctx context.Context) error {
	now := c.Store.Now()
	expired := blacklistedtoken.ExpiresAtLT(now.Add(-c.Leeway - keepTokens))
	over := session.Or(session.RevokedAtLT(now.Add(-keepEnded)), session.ExpiresAtLT(now.Add(-keepEnded)))
	for _, find := range []rows.Find{
		func(ctx context.Context, client *ent.Client) (int, rows.Remove, error) {
			ids, err := client.BlacklistedToken.Query().Where(expired).Order(blacklistedtoken.ByExpiresAt(), blacklistedtoken.ByID()).Limit(rows.Batch).IDs(ctx)
			return len(ids), removeTokens(ids), err
		},
		func(ctx context.Context, client *ent.Client) (int, rows.Remove, error) {
			moot := blacklistedtoken.HasSessionWith(session.RevokedAtNotNil())
			ids, err := client.BlacklistedToken.Query().Where(moot).Order(blacklistedtoken.ByID()).Limit(rows.Batch).IDs(ctx)
			return len(ids), removeTokens(ids), err
		},
		func(ctx context.Context, client *ent.Client) (int, rows.Remove, error) {
			ids, err := client.Session.Query().Where(over).Order(session.ByID()).Limit(rows.Batch).IDs(ctx)
			return len(ids), removeSessions(ids, over), err
		},
		func(ctx context.Context, client *ent.Client) (int, rows.Remove, error) {
			// A clock that was wrong has written them, and each look for ended sessions would find them until its time.
			ahead := session.RevokedAtGT(now.Add(limit.ClocksDiffer))
			ids, err := client.Session.Query().Where(ahead).Order(session.ByID()).Limit(rows.Batch).IDs(ctx)
			return len(ids), func(ctx context.Context, tx *ent.Tx) error {
				return tx.Session.Update().Where(session.IDIn(ids...), ahead).SetRevokedAt(now).Exec(ctx)
			}, err
		},
	} {
		if err := c.Store.CleanUp(ctx, find); err != nil {
			return fmt.Errorf("clean up: %w", err)
		}
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

// ThinOut removes rows of sessions that are over, of users who have many of them, so that somebody who signs in
// and out all the time does not fill the database in thirty days. Whoever still holds tokens of such a session is told
// SESSION_REVOKED all the same, with ReasonUnknown: why it ended went with its row.
func (c Cleaner) ThinOut(ctx context.Context) error {
	users, err := c.usersWithMany(ctx)
	if err != nil {
		return fmt.Errorf("thin out sessions: %w", err)
	}
	before := c.Store.Now().Add(-keepNews)
	for _, u := range users {
		over := session.And(session.UserID(u), session.Or(session.RevokedAtLT(before), session.ExpiresAtLT(before)))
		last, err := c.Store.Read.Session.Query().Where(over).Order(session.ByLastUsedAt(sql.OrderDesc()), session.ByID()).
			Offset(maxEnded).First(ctx)
		if ent.IsNotFound(err) {
			continue
		}
		if err == nil {
			err = c.Store.CleanUp(ctx, func(ctx context.Context, client *ent.Client) (int, rows.Remove, error) {
				ids, err := client.Session.Query().Where(over, session.LastUsedAtLTE(last.LastUsedAt)).Limit(rows.Batch).IDs(ctx)
				return len(ids), removeSessions(ids, over), err
			})
		}
		if err != nil {
			return fmt.Errorf("thin out sessions: %w", err)
		}
	}
	return nil
}

// usersWithMany are the users with more rows of sessions than may be live and are kept.
func (c Cleaner) usersWithMany(ctx context.Context) (users []uuid.UUID, err error) {
	text, args := c.Store.SQL().Select(session.FieldUserID).From(sql.Table(session.Table)).GroupBy(session.FieldUserID).
		Having(sql.GT(sql.Count("*"), c.Live+maxEnded)).Query()
	found, err := c.Store.Query(ctx, text, args...)
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
