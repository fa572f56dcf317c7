// Package passwords says what a password may be, hashes passwords and verifies them. It rests on slots: a hash takes
// tens of milliseconds and 19 MiB, so only a few run at once, at low priority, and the networks that ask for them take
// turns. It knows no user and no row.
//
// Locks: that of the slots alone, and nothing is called under it.
package passwords

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"time"

	"parley/auth"
	"parley/tuning"
)

// Options says how many hashes run at once, and what one costs.
type Options struct {
	Parallel int           // hashes at once; 64 argon2id at once take 9 s and 1 GiB
	Queue    int           // callers who wait for one
	MaxWait  time.Duration // how long one waits; 0: 2 s
	Cost     Cost          // of a new hash; zero: the recommended one. Tests that are about something else lower it
}

// Hasher hashes passwords in a bounded number of slots. Safe for concurrent use.
type Hasher struct {
	cost    Cost
	dummy   string // verified for names that do not exist, so that both take the same time
	slots   *slots
	garbage tuning.Garbage // what hashes leave behind, 19 MiB each
	hashed  atomic.Uint64  // hashes made
	refused atomic.Uint64  // callers who got no slot in time
}

// New makes a hasher. It hashes once.
func New(o Options) *Hasher {
	o.Cost = cmp.Or(o.Cost, recommended())
	return &Hasher{
		cost:  o.Cost,
		dummy: o.Cost.hash(rand.Text()).String(),
		slots: newSlots(o.Parallel, o.Queue, cmp.Or(o.MaxWait, 2*time.Second)),
	}
}

// Request is on whose behalf a hash is made.
type Request struct {
	Network string       // in whose queue it waits
	Wanted  func() error // asked with the slot in hand, its error spares the hash; nil: it is wanted in any case
}

// Hash returns the text of a new hash. auth.ErrBusy: there was no slot in time. Else the error of r.Wanted or of ctx.
func (h *Hasher) Hash(ctx context.Context, password string, r Request) (text string, err error) {
	err = h.inSlot(ctx, r, func() { text = h.cost.hash(password).String() })
	return text, err
}

// Verify says whether a password matches the text of a hash, never if that is empty, which takes as long. newer is
// the hash to store instead when it does and the old one costs something else; else empty. Errors as of Hash; with
// the error of a client who has left, right and newer hold nevertheless.
func (h *Hasher) Verify(ctx context.Context, stored, password string, r Request) (right bool, newer string, err error) {
	known := stored != ""
	if !known {
		stored = h.dummy
	}
	old, err := parseHash(stored)
	if err != nil {
		return false, "", err
	}
	err = h.inSlot(ctx, r, func() {
		right = old.matches(password) && known
		if right && old.Cost != h.cost {
			newer = h.cost.hash(password).String()
		}
	})
	return right, newer, err
}

// inSlot hashes when there is a slot and it is still wanted. It runs where its caller runs: argon2
// cannot be stopped, so a caller who leaves would otherwise free a slot that is not free.
func (h *Hasher) inSlot(ctx context.Context, r Request, hash func()) error {
	if err := h.slots.acquire(ctx, r.Network); err != nil {
		if errors.Is(err, auth.ErrBusy) {
			h.refused.Add(1)
		}
		return err
	}
	defer h.slots.release()
	if r.Wanted != nil {
		if err := r.Wanted(); err != nil {
			return err
		}
	}
	tuning.LowPriority(hash)
	h.hashed.Add(1)
	h.garbage.Dropped(int64(h.cost.Memory) << 10)
	return ctx.Err()
}

// Stats is what a Hasher has done since it was made, and what it is at.
type Stats struct {
	Made, Refused    uint64 // refused: there was no slot in time
	Running, Waiting int
}

// Stats returns them.
func (h *Hasher) Stats() Stats {
	running, waiting := h.slots.counts()
	return Stats{Made: h.hashed.Load(), Refused: h.refused.Load(), Running: running, Waiting: waiting}
}
