package server

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// How often it is looked whether there was room for everybody, and how often at most it is said that there was not.
const (
	roomLook = time.Second
	roomTell = time.Minute
)

// noRoom is how often there was no room, by the setting that says how much there is.
func (s *server) noRoom() map[string]uint64 {
	counts := s.transports.Stats().NoRoom
	maps.Copy(counts, s.connections.Refused())
	counts["write_queue"] = s.chat.Stats().Sends["queue_full"]
	counts["hash_queue"] = s.auth.Stats().HashesRefused
	return counts
}

// watchRoom tells the operator when there is no room, and for how many.
func (s *server) watchRoom(ctx context.Context) error {
	watchRoom(ctx, s.logger, s.noRoom)
	return nil
}

func watchRoom(ctx context.Context, logger *slog.Logger, count func() map[string]uint64) {
	tick := time.NewTicker(roomLook)
	defer tick.Stop()
	said, last := count(), time.Time{}
	for over := false; !over; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			over = true
		}
		if !over && time.Since(last) < roomTell {
			continue
		}
		now := count()
		if attrs := grown(said, now); len(attrs) > 0 {
			logger.LogAttrs(context.WithoutCancel(ctx), slog.LevelWarn, "refused for lack of room; see the settings of these names", attrs...)
			said, last = now, time.Now()
		}
	}
}

// grown is how much more there is of each, in the order of their names.
func grown(before, now map[string]uint64) (attrs []slog.Attr) {
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if n := now[name] - before[name]; n > 0 {
			attrs = append(attrs, slog.Uint64(name, n))
		}
	}
	return attrs
}
