package accounts

import (
	"context"
	"fmt"
	"sync"
	"time"

	"parley/auth/cleanup"
	"parley/auth/sessions"
)

const (
	cleanFirst = time.Minute
	cleanEvery = time.Hour
	thinEvery  = 10 * time.Minute
	keysEvery  = 10 * time.Minute
	botsEvery  = time.Second     // beside the look for sessions ended elsewhere
	writeLast  = 3 * time.Second // what a stop may take for it: within what is left before the process is killed
)

// Run does the background work until ctx ends, and then returns nil: that of sessions (sessions.Tasks) and bots, and the removal
// of rows that decide nothing any more. What goes wrong is told to OnError and tried again.
// At last it writes the ends that are still to be written, so it ends when requests have.
func (s *Service) Run(ctx context.Context) error {
	var tasks sync.WaitGroup
	for _, t := range s.tasks() {
		tasks.Go(func() { s.repeat(ctx, t) })
	}
	tasks.Wait()
	s.issuers.Close()
	s.writeLastEnds(context.WithoutCancel(ctx))
	return nil
}

func (s *Service) tasks() []sessions.Task {
	old := cleanup.Cleaner{Store: s.store, Leeway: s.o.Leeway, Live: sessions.MaxLive}
	return append(s.sessions.Tasks(),
		sessions.Task{Name: "fetch keys of issuers", Every: keysEvery, Do: s.issuers.Fetch},
		sessions.Task{Name: "look for bots", First: botsEvery, Every: botsEvery, Do: s.bots.Look},
		sessions.Task{Name: "clean up sessions", First: cleanFirst, Every: cleanEvery, Do: old.CleanUp},
		sessions.Task{Name: "thin out sessions", First: cleanFirst, Every: thinEvery, Do: old.ThinOut},
		sessions.Task{Name: "clean up limits", First: cleanFirst, Every: cleanEvery, Do: s.attempts.CleanUp})
}

// writeLastEnds tries for the last time to write ends: only this process knows them.
func (s *Service) writeLastEnds(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, writeLast)
	defer cancel()
	if err := recovered(ctx, sessions.Task{Name: "write ends of sessions", Do: s.sessions.WriteEnds}); err != nil {
		s.o.OnError(fmt.Errorf("the ends of %d sessions could not be stored, which live on: %w", s.sessions.Stats().EndsUnstored, err))
	}
}

func (s *Service) repeat(ctx context.Context, t sessions.Task) {
	timer := time.NewTimer(t.First)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if err := recovered(ctx, t); err != nil && ctx.Err() == nil {
			s.o.OnError(err)
		}
		timer.Reset(t.Every)
	}
}

// recovered makes a panic an error: one bad round must not take the server down.
func recovered(ctx context.Context, t sessions.Task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: panic in background work: %v", t.Name, p)
		}
	}()
	return t.Do(ctx)
}
