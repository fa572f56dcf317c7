package background_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat/background"
)

// A round comes at the start, when there is something to do, and after a time; one that fails or panics is told, and the next comes
// all the same.
func TestRoundsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, rounds, told := time.Now(), []time.Duration(nil), []string(nil)
		job := background.New("sweep", time.Minute, func(context.Context) error {
			switch rounds = append(rounds, time.Since(begin)); len(rounds) {
			case 1:
				return errors.New("no database")
			case 2:
				panic("a bug")
			}
			return nil
		}, func(err error) { told = append(told, err.Error()) })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); job.Run(ctx) }()
		time.Sleep(time.Second)
		job.Wake()
		job.Wake() // of those that wait one counts
		time.Sleep(time.Minute)
		stop()
		<-ended
		if len(rounds) < 3 || rounds[0] != 0 || rounds[1] != time.Second || rounds[len(rounds)-1] != time.Minute {
			t.Errorf("rounds at %v", rounds)
		}
		if len(told) != 2 || told[0] != "sweep: no database" || told[1] != "sweep: panic in background work: a bug" {
			t.Errorf("told %q", told)
		}
	})
}

// Whoever is asked to end says nothing of what that broke off.
func TestEndIsNoError(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	background.New("sweep", time.Minute, func(context.Context) error {
		stop()
		return ctx.Err()
	}, func(err error) { t.Error(err) }).Run(ctx)
}
