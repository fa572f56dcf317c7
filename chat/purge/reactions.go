package purge

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/chat/background"
	"parley/db"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/predicate"
	"parley/ent/reaction"
)

// A Sweeper takes away what deleted chats leave: their reactions, which nobody is shown any more. Two nodes at once do no harm.
type Sweeper struct {
	*background.Job // Wake it when a chat was deleted that had many
	purger          *Purger
	store           *db.Store
}

const (
	sweepInterval = time.Hour // how often all are looked at, for what another node left
	sweepSpan     = 10_000    // ids that one read looks at
)

// NewSweeper makes a Sweeper. fail is told what went wrong in Run, which is tried again.
func NewSweeper(p *Purger, fail func(error)) *Sweeper {
	s := &Sweeper{purger: p, store: p.store}
	s.Job = background.New("take away reactions of deleted chats", sweepInterval, s.sweep, fail)
	return s
}

// sweep looks at all reactions, in the order of their ids.
func (s *Sweeper) sweep(ctx context.Context) error {
	newest, err := s.store.Read.Reaction.Query().Order(ent.Desc(reaction.FieldID)).FirstID(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find reactions: %w", err)
	}
	for from := 0; from < newest; from += sweepSpan {
		ids, err := s.store.Read.Reaction.Query().Where(reaction.IDGT(from), reaction.IDLTE(from+sweepSpan), ofDeleted).IDs(ctx)
		if err != nil {
			return fmt.Errorf("find reactions: %w", err)
		}
		if err := s.purger.remove(ctx, reactionsOf(ids)); err != nil {
			return err
		}
	}
	return nil
}

// ofDeleted are the reactions to chats that were deleted.
var ofDeleted predicate.Reaction = func(r *sql.Selector) {
	c := sql.Table(chat.Table)
	r.Where(sql.Exists(sql.Dialect(r.Dialect()).Select(c.C(chat.FieldID)).From(c).Where(sql.And(
		sql.ColumnsEQ(c.C(chat.FieldID), r.C(reaction.FieldChatID)), sql.NotNull(c.C(chat.FieldDeletedAt)),
	))))
}

func reactionsOf(ids []int) part {
	return func(ctx context.Context, tx *ent.Tx, done, size int) (int, bool, error) {
		some := ids[min(done, len(ids)):min(done+size, len(ids))]
		if len(some) == 0 {
			return done, false, nil
		}
		_, err := tx.Reaction.Delete().Where(reaction.IDIn(some...)).Exec(ctx)
		return done + size, done+size < len(ids), told("reactions", err)
	}
}
