package roomlog

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"parley/chat/roomlog/logtest"
)

// brokenSource panics when it is asked for heads.
type brokenSource struct{ source }

func (brokenSource) heads(context.Context, []uuid.UUID) (map[uuid.UUID]Position, error) {
	panic("heads")
}

// A panic while heads are compared is an error of that round, and the next round comes.
func TestPanicOfTheComparison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		told := make(chan error)
		x := newCaches(brokenSource{}, Options{OnError: func(err error) { told <- err }})
		_, notify := logtest.Wake()
		x.Follow(Start{Room: &Room{}}, notify)
		go x.watchHeads(ctx, time.Second)
		for range 2 {
			if err := <-told; !strings.Contains(err.Error(), "panic") {
				t.Errorf("told %v", err)
			}
		}
	})
}
