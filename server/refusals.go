package server

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"parley/server/metrics"
)

// How often the counts are looked at, and how often at most they are logged.
const (
	refusalsLook = time.Second
	refusalsTell = time.Minute
)

// refused is how often something was refused or closed for lack of room, by the setting that limits it.
func (s *server) refused() map[string]uint64 {
	counts := s.transports.Stats().NoRoom
	maps.Copy(counts, s.connections.Refused())
	counts["write_queue"] = s.chat.Stats().Sends["queue_full"]
	counts["hash_queue"] = s.auth.Stats().HashesRefused
	return counts
}

// snapshot is what metrics show.
func (s *server) snapshot() metrics.Snapshot {
	return metrics.Snapshot{
		Version: Version, Transport: s.transports.Stats(), Chat: s.chat.Stats(), Auth: s.auth.Stats(), DB: s.health.store.Stats(),
		Broker: s.notifier.Stats(), Connections: s.connections.Len(), Refused: s.refused(), Dropped: s.log.Dropped(), Draining: s.health.draining.Load(),
	}
}

// reportRefusals logs which limits were reached, and how often.
func (s *server) reportRefusals(ctx context.Context) error {
	reportRefusals(ctx, s.logger, s.refused)
	return nil
}

func reportRefusals(ctx context.Context, logger *slog.Logger, count func() map[string]uint64) {
	tick := time.NewTicker(refusalsLook)
	defer tick.Stop()
	logged, last := count(), time.Time{}
	for over := false; !over; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			over = true
		}
		if !over && time.Since(last) < refusalsTell {
			continue
		}
		now := count()
		if attrs := grown(logged, now); len(attrs) > 0 {
			logger.LogAttrs(context.WithoutCancel(ctx), slog.LevelWarn, "refused for lack of room; see the settings of these names", attrs...)
			logged, last = now, time.Now()
		}
	}
}

// grown is how much each count has grown, in the order of their names.
func grown(before, now map[string]uint64) (attrs []slog.Attr) {
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if n := now[name] - before[name]; n > 0 {
			attrs = append(attrs, slog.Uint64(name, n))
		}
	}
	return attrs
}
