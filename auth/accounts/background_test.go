package accounts

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"parley/auth"
	"parley/auth/passwords"
)

var errNotWanted = errors.New("the hash is not wanted")

// do does a task of the background work once.
func (n *node) do(ctx context.Context, name string) error {
	n.t.Helper()
	for _, t := range n.tasks() {
		if t.Name == name {
			return t.Do(ctx)
		}
	}
	n.t.Fatalf("there is no task to %s", name)
	return nil
}

func (n *node) lookForEnded(ctx context.Context) error {
	return n.do(ctx, "look for ended sessions")
}

func (n *node) writeLastUsed(ctx context.Context) error { return n.do(ctx, "write last use") }

func (n *node) writeEnds(ctx context.Context) error { return n.do(ctx, "write ends of sessions") }

func (n *node) clean(ctx context.Context) error {
	return errors.Join(n.do(ctx, "clean up sessions"), n.do(ctx, "clean up limits"))
}

func (n *node) thinOut(ctx context.Context) error { return n.do(ctx, "thin out sessions") }

// holdSlots takes all slots, as hashes that take long do, until leave is called.
func (n *node) holdSlots() (leave func()) {
	n.t.Helper()
	var held, all sync.WaitGroup
	finish := make(chan struct{})
	for range n.o.Hash.Parallel {
		held.Add(1)
		all.Go(func() {
			_, _ = n.passwords.Hash(n.t.Context(), password, passwords.Request{Network: "somebody", Wanted: func() error {
				held.Done()
				<-finish
				return errNotWanted
			}})
		})
	}
	held.Wait()
	leave = sync.OnceFunc(func() {
		close(finish)
		all.Wait()
	})
	n.t.Cleanup(leave)
	return leave
}

// waits adds callers to a queue, who want no hash any more when they get a slot.
func (n *node) waits(from ...auth.Client) {
	n.t.Helper()
	ctx, leave := context.WithCancel(n.t.Context())
	n.t.Cleanup(leave)
	for _, c := range from {
		before := n.passwords.Stats().Waiting
		go func() {
			_, _ = n.passwords.Hash(ctx, password, passwords.Request{Network: c.Network(), Wanted: func() error { return errNotWanted }})
		}()
		for n.passwords.Stats().Waiting == before {
			runtime.Gosched()
		}
	}
}

// oneSlot lets one hash run and one caller wait for it, for as long as a test may take.
func oneSlot(o *Options) { o.Hash.Parallel, o.Hash.Queue = 1, 1 }
