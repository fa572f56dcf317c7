package streams

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"parley/bench/client"
	"parley/bench/load"
	"parley/bench/process"
	"parley/bench/report"
	"parley/bench/suite"
)

// Resume lets one reader follow the room of all the sends from its very beginning, and looks at how fast
// it is served and at the server's memory. Every chat must come, in order.
func Resume(ctx context.Context, s *suite.Suite) error {
	chats, err := client.API{URL: s.Main.URL, Token: s.Users[0].Token}.Count(ctx, s.RoomIDs[0])
	if err != nil {
		return err
	}
	var rates, growth []float64
	for range s.Rounds {
		before, err := process.RSSOf(s.Main.PID())
		if err != nil {
			return err
		}
		var took time.Duration
		peak, err := s.PeakDuring(func() error {
			took, err = readAll(ctx, s, chats)
			return err
		})
		if err != nil {
			return err
		}
		rates = append(rates, report.PerSecond(chats, took))
		growth = append(growth, max(0, peak-float64(before)/1024))
	}
	s.Report.Add("resumed_chats", chats)
	s.Report.Add("resumed_chats_per_s", report.Median(rates))
	s.Report.AtMost(16, "one reader resumes from the start of the room: the server grows by, MiB", growth)
	return nil
}

// readAll follows the room from its start to the newest chat.
func readAll(ctx context.Context, s *suite.Suite, chats int) (time.Duration, error) {
	start := time.Now()
	socket, err := load.Subscribe(ctx, s.Main.URL, s.Users[0], &load.Room{ID: s.RoomIDs[0], Cursor: s.RoomStart}, client.ChatSentDocument)
	if err != nil {
		return 0, err
	}
	defer socket.Close()
	for want := 1; want <= chats; want++ {
		message, err := socket.Next()
		if err != nil {
			return 0, fmt.Errorf("behind number %d: %w", want-1, err)
		}
		if number := client.IntAfter(message, `"number":`); number != want {
			return 0, fmt.Errorf("number %d came instead of %d: %.200s", number, want, bytes.TrimSpace(message))
		}
	}
	return time.Since(start), nil
}
