package follow

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"parley/chat/follow/logtest"
	"parley/chat/roomlog"
)

// brokenSource panics when it is asked for heads.
type brokenSource struct{ Source }

func (brokenSource) Heads(context.Context, []uuid.UUID) (map[uuid.UUID]roomlog.Position, error) {
	panic("heads")
}

// A panic while heads are compared is an error of that round, and the next round comes.
func TestPanicOfTheComparison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		told := make(chan error)
		x := New(brokenSource{}, Options{HeadsInterval: time.Second, OnError: func(err error) { told <- err }})
		_, notify := logtest.Wake()
		x.Follow(Start{Room: &roomlog.Room{}}, notify)
		go x.Run(ctx)
		for range 2 {
			if err := <-told; !strings.Contains(err.Error(), "panic") {
				t.Errorf("told %v", err)
			}
		}
	})
}
