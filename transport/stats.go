package transport

import (
	"parley/meter"
	"parley/transport/operation"
)

// Stats is what the transports have done since they were made, and what they are at.
type Stats struct {
	Sockets      int // open
	EventStreams int // open
	Streams      int // subscriptions that run on them
	Feeds        int
	WindowBytes  int64
	AnswerBytes  int64 // of answers that are made, or made and not yet taken
	CatchingUp   int   // readers behind their window that read the log right now

	Requests  map[operation.Request]uint64 // answered, or in case of a subscription begun
	QueryTime meter.Distribution           // nanoseconds a query was executed
	WriteTime meter.Distribution           // the same of a mutation
	Refusals  map[string]uint64            // errors that clients were given, by code

	Executions uint64 // of a stream's operation, each over some events for all readers of a feed
	Live       uint64 // events handed to readers out of the window
	CaughtUp   uint64 // events handed to readers who were behind it
	Told       uint64 // signals handed to readers
	Missed     uint64 // signals that readers were not given: they were behind, or had not taken what came before

	// Lag is how long events took, in nanoseconds: from stream.Event.At until the WebSockets among up to 512 readers of a
	// feed had been written to (the bytes are the kernel's then), and the event streams among them had been told to
	// write. The oldest event that such a pass handed out counts. Readers behind the window are left out.
	Lag meter.Distribution

	Closed map[string]uint64 // sockets that are gone, by the code the server closed them with, or "client", "lost"
	Drops  map[string]uint64 // the Drop constants of operation, and "window"
	NoRoom map[string]uint64 // what was refused or given up because there were enough of its kind: by the name of its setting, "memory" or "request_bytes"
}

// dropWindow is a feed's window that was given up, because the log could not be read; its readers read the log.
const dropWindow = "window"

// roomBytes is what there was no room for when messages and bodies that are coming in made room for each other.
const roomBytes = "request_bytes"

// Stats returns them. Safe for concurrent use.
func (t *Transports) Stats() Stats {
	operations, streams := t.operations.Stats(), t.feeds.Stats()
	s := Stats{
		Streams: streams.Streams, Feeds: streams.Feeds, WindowBytes: streams.WindowBytes, AnswerBytes: t.answers.Bytes(), CatchingUp: streams.CatchingUp,
		Requests: operations.Requests, QueryTime: operations.QueryTime, WriteTime: operations.WriteTime, Refusals: operations.Refusals,
		Executions: streams.Executions, Live: streams.Live, CaughtUp: streams.CaughtUp, Told: streams.Told, Missed: streams.Missed, Lag: streams.Lag,
		Closed: t.sockets.Closed(), Drops: operations.Drops, NoRoom: t.gate.NoRoom(),
	}
	s.Drops[dropWindow] = streams.DroppedWindows
	s.NoRoom[roomBytes] = t.inbound.GivenUp()
	s.Sockets, s.EventStreams = t.registry.Count()
	return s
}
