package server

import (
	"database/sql"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/db"
	"parley/meter"
)

// shown are all metrics of ours. docs/operate.md says what each means; a test compares.
var shown = slices.Concat(trafficMetrics, deliveryMetrics, sendMetrics, databaseMetrics, sessionMetrics, nodeMetrics)

const nanoseconds = int64(time.Second) // of a second

var trafficMetrics = []metric{
	gauge("parley_sockets", "WebSockets that are open.", func(s *snapshot) int64 { return int64(s.transport.Sockets) }),
	gauge("parley_event_streams", "Event streams (SSE) that are open.", func(s *snapshot) int64 { return int64(s.transport.EventStreams) }),
	gauge("parley_http_connections", "TCP connections besides these.", func(s *snapshot) int64 { return int64(s.connections) }),
	counters("parley_no_room_total", "What was refused or closed for lack of room, by the setting that says how much there is.", "setting", func(s *snapshot) map[string]uint64 { return s.noRoom }),
	gauge("parley_streams", "Subscriptions that run on them.", func(s *snapshot) int64 { return int64(s.transport.Streams) }),
	pairs("parley_requests_total", "Requests answered, or subscriptions begun.", [2]string{"kind", "outcome"}, func(s *snapshot) map[[2]string]uint64 {
		requests := make(map[[2]string]uint64, len(s.transport.Requests))
		for r, n := range s.transport.Requests {
			requests[[2]string{r.Kind, r.Outcome}] = n
		}
		return requests
	}),
	histogram("parley_query_seconds", "Time to execute a query.", nanoseconds, func(s *snapshot) meter.Distribution { return s.transport.QueryTime }),
	histogram("parley_mutation_seconds", "Time to execute a mutation.", nanoseconds, func(s *snapshot) meter.Distribution { return s.transport.WriteTime }),
	gauge("parley_answer_bytes", "Answers that are made or not yet taken.", func(s *snapshot) int64 { return s.transport.AnswerBytes }),
	counters("parley_refusals_total", "Errors that clients were given.", "code", func(s *snapshot) map[string]uint64 { return s.transport.Refusals }),
	counters("parley_sockets_closed_total", "WebSockets that are gone, by the close code, client or lost.", "code", func(s *snapshot) map[string]uint64 { return s.transport.Closed }),
	counters("parley_drops_total", "Readers and windows that were given up.", "reason", func(s *snapshot) map[string]uint64 { return s.transport.Drops }),
}

var deliveryMetrics = []metric{
	gauge("parley_feeds", "Groups of streams that share each execution.", func(s *snapshot) int64 { return int64(s.transport.Feeds) }),
	gauge("parley_window_bytes", "Chats and encoded events kept for them.", func(s *snapshot) int64 { return s.transport.WindowBytes + s.chat.Log.WindowBytes }),
	gauge("parley_followed_rooms", "Rooms that somebody follows on this node.", func(s *snapshot) int64 { return int64(s.chat.Log.Rooms) }),
	gauge("parley_catching_up", "Readers behind their window that read the log right now.", func(s *snapshot) int64 { return int64(s.transport.CatchingUp) }),
	histogram("parley_delivery_lag_seconds", "From the time of an event until its bytes were the kernel's, for readers that are not behind.", nanoseconds, func(s *snapshot) meter.Distribution { return s.transport.Lag }),
	counter("parley_executions_total", "Executions of streams' operations, each for all readers of a feed.", func(s *snapshot) uint64 { return s.transport.Executions }),
	counters("parley_deliveries_total", "Events handed to readers.", "from", func(s *snapshot) map[string]uint64 {
		return map[string]uint64{"window": s.transport.Live, "log": s.transport.CaughtUp}
	}),
	counters("parley_log_reads_total", "Reads of rooms' logs.", "kind", func(s *snapshot) map[string]uint64 {
		return map[string]uint64{"live": s.chat.Log.LiveReads, "catchup": s.chat.Log.CatchUpReads}
	}),
	counters("parley_log_read_faults_total", "Of these, those that handed nothing out.", "fault", func(s *snapshot) map[string]uint64 {
		return map[string]uint64{"failed": s.chat.Log.FailedReads, "diverged": s.chat.Log.Diverged, "hole": s.chat.Log.Holes}
	}),
	counters("parley_heads_checks_total", "Comparisons of followed rooms with the database; stale: rooms found behind.", "outcome", func(s *snapshot) map[string]uint64 {
		return map[string]uint64{"ok": s.chat.Log.HeadsChecks - min(s.chat.Log.HeadsChecks, s.chat.Log.HeadsFailed), "failed": s.chat.Log.HeadsFailed, "stale": s.chat.Log.HeadsMismatch}
	}),
}

var sendMetrics = []metric{
	counters("parley_sends_total", "Calls of sendChat, by what came of them.", "outcome", func(s *snapshot) map[string]uint64 { return s.chat.Sends }),
	histogram("parley_commit_batch_size", "Sends in one transaction.", 1, func(s *snapshot) meter.Distribution { return s.chat.Queue.BatchSize }),
	histogram("parley_commit_seconds", "Time of such a transaction.", nanoseconds, func(s *snapshot) meter.Distribution { return s.chat.Queue.CommitTime }),
	gauge("parley_write_queue_entries", "Sends that wait for a transaction.", func(s *snapshot) int64 { return int64(s.chat.Queue.Queued) }),
	gauge("parley_write_queue_bytes", "Their text.", func(s *snapshot) int64 { return s.chat.Queue.QueuedBytes }),
}

var databaseMetrics = []metric{
	ofPools(prometheus.GaugeValue, "parley_database_connections", "Connections of a pool.", []string{"busy", "idle", "most"}, func(p sql.DBStats) []float64 {
		return []float64{float64(p.InUse), float64(p.Idle), float64(p.MaxOpenConnections)}
	}),
	ofPools(prometheus.CounterValue, "parley_database_waits_total", "Times somebody waited for a connection.", nil, func(p sql.DBStats) []float64 { return []float64{float64(p.WaitCount)} }),
	ofPools(prometheus.CounterValue, "parley_database_wait_seconds_total", "How long they waited.", nil, func(p sql.DBStats) []float64 { return []float64{p.WaitDuration.Seconds()} }),
	ofDisk("parley_disk_full", "1 while writes are refused, because too little space is free (SQLite).", func(d *db.DiskStats) int64 { return toInt(d.Full) }),
	ofDisk("parley_disk_free_bytes", "Free space at the last look (SQLite).", func(d *db.DiskStats) int64 { return d.Free }),
	ofDisk("parley_wal_bytes", "Size of SQLite's write-ahead log.", func(d *db.DiskStats) int64 { return d.WAL }),
}

var sessionMetrics = []metric{
	gauge("parley_hash_queue", "Sign-ins that wait for a password hash.", func(s *snapshot) int64 { return int64(s.auth.HashQueue) }),
	gauge("parley_hashes_running", "Password hashes under way.", func(s *snapshot) int64 { return int64(s.auth.HashesRunning) }),
	counters("parley_hashes_total", "Password hashes asked for.", "outcome", func(s *snapshot) map[string]uint64 {
		return map[string]uint64{"made": s.auth.Hashes, "refused": s.auth.HashesRefused}
	}),
	counters("parley_sessions_ended_total", "Sessions ended by this node.", "reason", func(s *snapshot) map[string]uint64 { return s.auth.Ended }),
	counters("parley_sessions_ended_elsewhere_total", "Sessions found ended by another node.", "reason", func(s *snapshot) map[string]uint64 { return s.auth.EndedElsewhere }),
	gauge("parley_session_ends_unstored", "Sessions ended by this node that the database still has as live.", func(s *snapshot) int64 { return int64(s.auth.EndsUnstored) }),
	counters("parley_audit_events_total", "Audit records, by message.", "event", func(s *snapshot) map[string]uint64 { return s.auth.Events }),
}

var nodeMetrics = []metric{
	gauge("parley_bus_connected", "1 while bells reach other nodes.", func(s *snapshot) int64 { return toInt(s.broker.Connected) }),
	counters("parley_bus_bells_total", "Bells rung here, and heard from other nodes.", "direction", func(s *snapshot) map[string]uint64 {
		return map[string]uint64{"rung": s.broker.Sent, "heard": s.broker.Received}
	}),
	counter("parley_bus_errors_total", "Bells that could not be sent, and lost connections.", func(s *snapshot) uint64 { return s.broker.Errors }),
	counters("parley_log_lines_dropped_total", "Lines of the log that nobody read in time.", "kind", func(s *snapshot) map[string]uint64 {
		return map[string]uint64{"audit": uint64(s.dropped.audit), "other": uint64(s.dropped.lines - s.dropped.audit)}
	}),
	gauge("parley_draining", "1 while the server drains.", func(s *snapshot) int64 { return toInt(s.draining) }),
	newMetric("parley_build_info", "1, with the release as a label.", []string{"version"}, func(desc *prometheus.Desc, _ *snapshot, emit func(prometheus.Metric)) {
		emit(prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, 1, version))
	}),
}
