// Package bots says whose the token of a bot is. It rests on one idea: the hashes of all tokens are in memory, and are read again
// together, by one query. So a token that is none costs a hash, and the end of one acts here at once and on other nodes within
// two seconds. It knows no session and no password.
package bots

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/rows"
	"parley/auth/sessions/recent"
	"parley/db"
	"parley/ent"
	"parley/ent/user"
)

const lookTimeout = 5 * time.Second

type hash [sha256.Size]byte

// known is a bot as it was when it was last read.
type known struct {
	user    *auth.User
	hash    hash
	session uuid.UUID // made up, and another each time that the token begins to be good
	stale   bool      // this node has changed the bot since then, and has ended that session
}

// isAs says whether nothing has happened to the token of a bot.
func (k *known) isAs(old *known) bool {
	return k != nil && old != nil && !k.stale && !old.stale && k.hash == old.hash && k.user.IsDisabled == old.user.IsDisabled
}

// isLive says whether its session may be that of sockets.
func (k *known) isLive() bool { return k != nil && !k.stale && !k.user.IsDisabled }

// Bots are all bots of a database as one node knows them. Safe for concurrent use.
type Bots struct {
	store   *rows.Store
	onEnded func([]uuid.UUID)

	mu      sync.Mutex // guards all below
	byHash  map[hash]*known
	byID    map[uuid.UUID]*known
	at      time.Time         // the start of the read that these are from
	asOf    int               // the changes that were made before it
	changes int               // made by this node
	changed map[uuid.UUID]int // the last one of each bot, where it is none of these
	reading *reading          // nil: none is under way
	asked   bool              // for a bot, ever
}

// A reading is a query that is under way, for all who wait for it.
type reading struct {
	done chan struct{}
	err  error
}

// New makes one that knows nothing. onEnded is told which sessions of bots have ended, and does not block.
func New(store *rows.Store, onEnded func([]uuid.UUID)) *Bots {
	if onEnded == nil {
		onEnded = func([]uuid.UUID) {}
	}
	return &Bots{store: store, onEnded: onEnded, byHash: map[hash]*known{}, byID: map[uuid.UUID]*known{}, changed: map[uuid.UUID]int{}}
}

// Identify returns whose a token is. ErrUnauthenticated: nobody's, or not any more. ErrSessionRevoked, DISABLED. Any other error: the
// database could not say.
func (b *Bots) Identify(ctx context.Context, token auth.Secret) (auth.Identity, error) {
	sum := hash(sha256.Sum256([]byte(token)))
	found, err := b.find(ctx, func() *known { return b.byHash[sum] })
	if err == nil {
		err = found.refusal()
	}
	if err != nil {
		return auth.Identity{}, err
	}
	return auth.Identity{User: found.user, SessionID: found.session}, nil
}

// Check says whether the token of an identity is still good. Errors as of Identify.
func (b *Bots) Check(ctx context.Context, who auth.Identity) error {
	found, err := b.find(ctx, func() *known { return b.byID[who.User.ID] })
	if err == nil {
		err = found.refusal()
	}
	if err == nil && found.session != who.SessionID { // that of another token, or from before it was disabled
		err = auth.ErrUnauthenticated
	}
	return err
}

func (k *known) refusal() error {
	switch {
	case k == nil:
		return auth.ErrUnauthenticated
	case k.user.IsDisabled:
		return &auth.ReasonError{Err: auth.ErrSessionRevoked, Reason: auth.ReasonDisabled}
	}
	return nil
}

// StillIn is Check in a transaction that has locked the row of the bot.
func (b *Bots) StillIn(ctx context.Context, tx *ent.Tx, who auth.Identity) error {
	row, err := tx.User.Get(ctx, who.User.ID)
	if err != nil {
		return fmt.Errorf("read bot: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.byID[who.User.ID]
	switch {
	case row.DisabledAt != nil:
		return &auth.ReasonError{Err: auth.ErrSessionRevoked, Reason: auth.ReasonDisabled}
	case k == nil, k.stale, k.session != who.SessionID, row.TokenHash == nil, !bytes.Equal(k.hash[:], *row.TokenHash):
		return auth.ErrUnauthenticated
	}
	return nil
}

// Changed says that this node has made a bot, changed its token, disabled it or let it in again, or perhaps has. Call it behind the commit
// and before that is answered: the sockets of the token there was end, and whoever asks next is told what there is now.
func (b *Bots) Changed(bot uuid.UUID) {
	b.mu.Lock()
	b.changes++
	b.changed[bot] = b.changes
	old := b.byID[bot]
	live := old.isLive()
	if old != nil {
		stale := *old // others hold the old one
		stale.stale = true
		b.byID[bot], b.byHash[old.hash] = &stale, &stale
	}
	b.mu.Unlock()
	if live {
		b.onEnded([]uuid.UUID{old.session})
	}
}

// find looks somebody up in what was read at most 2 s before, and since the last change that this node had made by then.
func (b *Bots) find(ctx context.Context, look func() *known) (*known, error) {
	b.mu.Lock()
	b.asked = true
	start, changes := b.store.Clock(), b.changes
	b.mu.Unlock()
	for {
		if found, ok := b.recall(start, changes, look); ok {
			return found, nil
		}
		if err := b.read(ctx, context.WithoutCancel(ctx)); err != nil {
			return nil, fmt.Errorf("look for a bot: %w", err)
		}
	}
}

// recall looks somebody up without the database. ok: what was read last can say.
func (b *Bots) recall(start time.Time, changes int, look func() *known) (found *known, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if start.Sub(b.at) >= recent.Trust || b.asOf < changes {
		return nil, false
	}
	found = look()
	return found, found == nil || !found.stale
}

// Look reads all again if anybody has ever asked, and ends the sockets of tokens that other nodes have ended.
func (b *Bots) Look(ctx context.Context) error {
	b.mu.Lock()
	asked := b.asked
	b.mu.Unlock()
	if !asked {
		return nil
	}
	if err := b.read(ctx, ctx); err != nil {
		return fmt.Errorf("look for bots: %w", err)
	}
	return nil
}

// read reads all bots, or waits until whoever does so already has. What was read of a bot while this node has changed it is not believed.
func (b *Bots) read(wait, query context.Context) error {
	b.mu.Lock()
	if r := b.reading; r != nil {
		b.mu.Unlock()
		return r.await(wait)
	}
	r := &reading{done: make(chan struct{}), err: db.ErrDown} // what a panic leaves
	b.reading = r
	start, changes := b.store.Clock(), b.changes
	b.mu.Unlock()
	var ended []uuid.UUID
	defer func() {
		b.mu.Lock()
		b.reading = nil
		b.mu.Unlock()
		close(r.done)
		if len(ended) > 0 {
			b.onEnded(ended)
		}
	}()
	found, err := b.query(query)
	if err == nil {
		ended = b.take(found, start, changes)
	}
	r.err = err
	return err
}

// await waits for the end of a read that another has begun.
func (r *reading) await(ctx context.Context) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Bots) query(ctx context.Context) (found []*ent.User, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	err = b.store.View(ctx, func(c *ent.Client) (err error) {
		found, err = c.User.Query().Where(user.Bot(true), user.DeletedAtIsNil(), user.TokenHashNotNil()).
			Select(append([]string{user.FieldTokenHash}, rows.UserColumns...)...).All(ctx)
		return err
	})
	if err != nil && !errors.Is(err, db.ErrBusy) {
		err = fmt.Errorf("%w: %w", db.ErrDown, err) // a bot that is told its token is bad would be given another
	}
	return found, err
}

// take takes what was read behind so many changes of this node, and returns the sessions that have ended.
func (b *Bots) take(found []*ent.User, start time.Time, changes int) (ended []uuid.UUID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.byID
	b.byHash, b.byID = make(map[hash]*known, len(found)), make(map[uuid.UUID]*known, len(found))
	for _, row := range found {
		k := &known{user: rows.User(row), stale: b.changed[row.ID] > changes}
		if copy(k.hash[:], *row.TokenHash) < len(k.hash) {
			continue
		}
		if old := before[row.ID]; k.isAs(old) {
			k.session = old.session
		} else {
			k.session = uuid.Must(uuid.NewV7())
		}
		b.byHash[k.hash], b.byID[row.ID] = k, k
	}
	for id, old := range before {
		if old.isLive() && !b.byID[id].isAs(old) {
			ended = append(ended, old.session)
		}
	}
	maps.DeleteFunc(b.changed, func(_ uuid.UUID, change int) bool { return change <= changes })
	b.at, b.asOf = start, changes
	return ended
}
