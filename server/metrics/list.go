package metrics

import (
	"database/sql"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/db"
	"parley/meter"
)

// shown are all metrics of ours. docs/operate.md says what each means; a test compares.
var shown = slices.Concat(trafficMetrics, deliveryMetrics, memberMetrics, sendMetrics, databaseMetrics, sessionMetrics, nodeMetrics)

const nanoseconds = int64(time.Second) // of a second

var trafficMetrics = []metric{
	gauge("parley_sockets", "WebSockets that are open.", func(s *Snapshot) int64 { return int64(s.Transport.Sockets) }),
	gauge("parley_event_streams", "Event streams (SSE) that are open.", func(s *Snapshot) int64 { return int64(s.Transport.EventStreams) }),
	gauge("parley_http_connections", "TCP connections besides these.", func(s *Snapshot) int64 { return int64(s.Connections) }),
	counters("parley_no_room_total", "What was refused or closed for lack of room, by the setting that says how much there is.", "setting", func(s *Snapshot) map[string]uint64 { return s.Refused }),
	gauge("parley_streams", "Subscriptions that run on them.", func(s *Snapshot) int64 { return int64(s.Transport.Streams) }),
	pairs("parley_requests_total", "Requests answered, or subscriptions begun.", [2]string{"kind", "outcome"}, func(s *Snapshot) map[[2]string]uint64 {
		requests := make(map[[2]string]uint64, len(s.Transport.Requests))
		for r, n := range s.Transport.Requests {
			requests[[2]string{r.Kind, r.Outcome}] = n
		}
		return requests
	}),
	histogram("parley_query_seconds", "Time to execute a query.", nanoseconds, func(s *Snapshot) meter.Distribution { return s.Transport.QueryTime }),
	histogram("parley_mutation_seconds", "Time to execute a mutation.", nanoseconds, func(s *Snapshot) meter.Distribution { return s.Transport.WriteTime }),
	gauge("parley_answer_bytes", "Answers that are made or not yet taken.", func(s *Snapshot) int64 { return s.Transport.AnswerBytes }),
	counters("parley_refusals_total", "Errors that clients were given.", "code", func(s *Snapshot) map[string]uint64 { return s.Transport.Refusals }),
	counters("parley_sockets_closed_total", "WebSockets that are gone, by the close code, client or lost.", "code", func(s *Snapshot) map[string]uint64 { return s.Transport.Closed }),
	counters("parley_drops_total", "Readers and windows that were given up.", "reason", func(s *Snapshot) map[string]uint64 { return s.Transport.Drops }),
}

var deliveryMetrics = []metric{
	gauge("parley_feeds", "Groups of streams that share each execution.", func(s *Snapshot) int64 { return int64(s.Transport.Feeds) }),
	gauge("parley_window_bytes", "Chats and encoded events kept for them.", func(s *Snapshot) int64 { return s.Transport.WindowBytes + s.Chat.Log.WindowBytes }),
	gauge("parley_followed_rooms", "Rooms that somebody follows on this node.", func(s *Snapshot) int64 { return int64(s.Chat.Log.Rooms) }),
	gauge("parley_catching_up", "Readers behind their window that read the log right now.", func(s *Snapshot) int64 { return int64(s.Transport.CatchingUp) }),
	histogram("parley_delivery_lag_seconds", "From the time of an event until its bytes were the kernel's, for readers that are not behind.", nanoseconds, func(s *Snapshot) meter.Distribution { return s.Transport.Lag }),
	counter("parley_executions_total", "Executions of streams' operations, each for all readers of a feed.", func(s *Snapshot) uint64 { return s.Transport.Executions }),
	counters("parley_deliveries_total", "Events handed to readers.", "from", func(s *Snapshot) map[string]uint64 {
		return map[string]uint64{"window": s.Transport.Live, "log": s.Transport.CaughtUp}
	}),
	counters("parley_signals_total", "Signals of this node and of others, by what became of them here.", "outcome", func(s *Snapshot) map[string]uint64 { return s.Chat.Signals }),
	counters("parley_signal_deliveries_total", "Signals handed to readers, and missed by them: they were behind, or had not taken what came before.", "outcome", func(s *Snapshot) map[string]uint64 {
		return map[string]uint64{"told": s.Transport.Told, "missed": s.Transport.Missed}
	}),
	counters("parley_log_reads_total", "Reads of rooms' logs.", "kind", func(s *Snapshot) map[string]uint64 {
		return map[string]uint64{"live": s.Chat.Log.LiveReads, "catchup": s.Chat.Log.CatchUpReads}
	}),
	counters("parley_log_read_faults_total", "Of these, those that handed nothing out.", "fault", func(s *Snapshot) map[string]uint64 {
		return map[string]uint64{"failed": s.Chat.Log.FailedReads, "diverged": s.Chat.Log.Diverged, "hole": s.Chat.Log.Holes}
	}),
	counters("parley_heads_checks_total", "Comparisons of followed rooms with the database; stale: rooms found behind.", "outcome", func(s *Snapshot) map[string]uint64 {
		return map[string]uint64{"ok": s.Chat.Log.HeadsChecks - min(s.Chat.Log.HeadsChecks, s.Chat.Log.HeadsFailed), "failed": s.Chat.Log.HeadsFailed, "stale": s.Chat.Log.HeadsMismatch}
	}),
}

var memberMetrics = []metric{
	gauge("parley_room_list_streams", "Subscriptions to all rooms of a person, whichever these are.", func(s *Snapshot) int64 { return int64(s.Chat.Readers.Lists) }),
	counters("parley_reader_judgements_total", "Readers that were judged once more, because somebody's reading may have ended.", "verdict", func(s *Snapshot) map[string]uint64 { return s.Chat.Readers.Verdicts }),
	counters("parley_sender_judgements_total", "Members whose send was judged once more, because the room had taken something away from somebody.", "verdict", func(s *Snapshot) map[string]uint64 { return s.Chat.Rejudged }),
	gauge("parley_rooms_enrolling", "Rooms older than members, of which not all who have sent there are members yet.", func(s *Snapshot) int64 { return int64(s.Chat.Enrolling) }),
}

var sendMetrics = []metric{
	counters("parley_sends_total", "Calls of sendChat, by what came of them.", "outcome", func(s *Snapshot) map[string]uint64 { return s.Chat.Sends }),
	histogram("parley_commit_batch_size", "Sends in one transaction.", 1, func(s *Snapshot) meter.Distribution { return s.Chat.Queue.BatchSize }),
	histogram("parley_commit_seconds", "Time of such a transaction.", nanoseconds, func(s *Snapshot) meter.Distribution { return s.Chat.Queue.CommitTime }),
	gauge("parley_write_queue_entries", "Sends that wait for a transaction.", func(s *Snapshot) int64 { return int64(s.Chat.Queue.Queued) }),
	gauge("parley_write_queue_bytes", "Their text.", func(s *Snapshot) int64 { return s.Chat.Queue.QueuedBytes }),
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
	gauge("parley_hash_queue", "Sign-ins that wait for a password hash.", func(s *Snapshot) int64 { return int64(s.Auth.HashQueue) }),
	gauge("parley_hashes_running", "Password hashes under way.", func(s *Snapshot) int64 { return int64(s.Auth.HashesRunning) }),
	counters("parley_hashes_total", "Password hashes asked for.", "outcome", func(s *Snapshot) map[string]uint64 {
		return map[string]uint64{"made": s.Auth.Hashes, "refused": s.Auth.HashesRefused}
	}),
	counters("parley_sessions_ended_total", "Sessions ended by this node.", "reason", func(s *Snapshot) map[string]uint64 { return s.Auth.Ended }),
	counters("parley_sessions_ended_elsewhere_total", "Sessions found ended by another node.", "reason", func(s *Snapshot) map[string]uint64 { return s.Auth.EndedElsewhere }),
	gauge("parley_session_ends_unstored", "Sessions ended by this node that the database still has as live.", func(s *Snapshot) int64 { return int64(s.Auth.EndsUnstored) }),
	counters("parley_audit_events_total", "Audit records, by message.", "event", func(s *Snapshot) map[string]uint64 {
		events := maps.Clone(s.Auth.Events)
		maps.Copy(events, s.Chat.Audit)
		return events
	}),
}

var nodeMetrics = []metric{
	gauge("parley_bus_connected", "1 while notifications reach other nodes.", func(s *Snapshot) int64 { return toInt(s.Broker.Connected) }),
	counters("parley_bus_bells_total", "Notifications sent by this node, and received from others.", "direction", func(s *Snapshot) map[string]uint64 {
		return map[string]uint64{"rung": s.Broker.Sent, "heard": s.Broker.Received}
	}),
	counters("parley_bus_signals_total", "Signals sent by this node, received from others, and not carried to them.", "direction", func(s *Snapshot) map[string]uint64 {
		return map[string]uint64{"sent": s.Broker.SignalsSent, "received": s.Broker.SignalsReceived, "dropped": s.Broker.SignalsDropped}
	}),
	counter("parley_bus_errors_total", "Notifications that could not be sent, and lost connections.", func(s *Snapshot) uint64 { return s.Broker.Errors }),
	counters("parley_log_lines_dropped_total", "Lines of the log that nobody read in time.", "kind", func(s *Snapshot) map[string]uint64 {
		return map[string]uint64{"audit": uint64(s.Dropped.Audit), "other": uint64(s.Dropped.Lines - s.Dropped.Audit)}
	}),
	gauge("parley_draining", "1 while the server drains.", func(s *Snapshot) int64 { return toInt(s.Draining) }),
	newMetric("parley_build_info", "1, with the release as a label.", []string{"version"}, func(desc *prometheus.Desc, s *Snapshot, emit func(prometheus.Metric)) {
		emit(prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, 1, s.Version))
	}),
}
