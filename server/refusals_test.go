package server

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/server/logs"
)

// saidOf adds up how many the log says were refused for lack of a kind of room.
func saidOf(t *testing.T, log, setting string) (total int) {
	t.Helper()
	for _, line := range regexp.MustCompile(`refused for lack of room[^\n]*"`+setting+`":(\d+)`).FindAllStringSubmatch(log, -1) {
		n, _ := strconv.Atoi(line[1])
		total += n
	}
	return total
}

// What was refused is said within a second, then at most once a minute with what came together, and the rest at the end.
func TestRefusalsAreSaidOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		log, refused := &logBuffer{}, &atomic.Uint64{}
		refused.Store(7) // before it began
		logger := logs.New(log, "info", "json")
		ended := make(chan struct{})
		count := func() map[string]uint64 { return map[string]uint64{"accept_rate": refused.Load(), "memory": 0} }
		go func() { defer close(ended); reportRefusals(ctx, logger, count) }()
		lines := func(n, total int) {
			t.Helper()
			if got := strings.Count(log.String(), "refused for"); got != n || saidOf(t, log.String(), "accept_rate") != total {
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

// Each limit of the gate is named when it refuses.
func TestLimitsThatRefuseAreNamed(t *testing.T) {
	for name, flags := range map[string][]string{
		"max_connections":             {"--max-connections", "1"},
		"max_connections_per_address": {"--max-connections-per-address", "1"},
		"max_unsigned_per_address":    {"--max-unsigned-per-address", "1"},
		"accept_rate":                 {"--accept-rate", "1/1h"},
		"max_connections_per_user":    {"--max-connections-per-user", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			s, ann := newGate(t, append(flags, "--metrics-addr", "127.0.0.1:0")...)
			const address = "198.51.100.1"
			refused := 0
			for range 4 {
				if name == "max_connections_per_user" {
					k := s.dial(ann)
					if m, _ := k.read(); m.Type != "connection_ack" {
						refused++
					}
				} else if k, _ := s.tryDial(address); k == nil {
					refused++
				}
			}
			eventually(t, "a line", func() bool { return saidOf(t, s.log.String(), name) > 0 })
			if want := fmt.Sprintf("parley_no_room_total{setting=%q} %d\n", name, refused); refused == 0 || !strings.Contains(s.scrape(), want) {
				t.Errorf("no line %s", want)
			}
			if err := s.stop(); err != nil || saidOf(t, s.log.String(), name) != refused {
				t.Errorf("%v; %d are said, %d were refused", err, saidOf(t, s.log.String(), name), refused)
			}
		})
	}
}
