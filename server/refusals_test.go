package server

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/server/logs"
)

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// refusalsIn adds up how many the log says were refused by a setting.
func refusalsIn(log, setting string) (total int) {
	for _, line := range regexp.MustCompile(`refused for lack of room[^\n]*"`+setting+`":(\d+)`).FindAllStringSubmatch(log, -1) {
		n, _ := strconv.Atoi(line[1])
		total += n
	}
	return total
}

// What had no room is said within a second, then at most once a minute with what came together, and the rest at the end.
func TestRefusalsAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		log, refused := &lockedBuffer{}, &atomic.Uint64{}
		refused.Store(7) // before it began
		logger := logs.New(log, "info", "json")
		ended := make(chan struct{})
		count := func() map[string]uint64 { return map[string]uint64{"accept_rate": refused.Load(), "memory": 0} }
		go func() { defer close(ended); reportRefusals(ctx, logger, count) }()
		lines := func(n, total int) {
			t.Helper()
			if got := strings.Count(log.String(), "refused for"); got != n || refusalsIn(log.String(), "accept_rate") != total {
				t.Errorf("%d lines, want %d that say %d: %s", got, n, total, log)
			}
		}
		time.Sleep(10*time.Minute + time.Second/2) // virtual, as below; between two looks
		lines(0, 0)
		for i := range 150 {
			refused.Add(1)
			time.Sleep(time.Second)
			if i == 1 {
				lines(1, 1)
			}
		}
		lines(3, 121)
		end()
		<-ended
		lines(4, 150)
		if strings.Contains(log.String(), "memory") {
			t.Errorf("a limit that was not reached is named: %s", log)
		}
	})
}
