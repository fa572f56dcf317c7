package broker

// Stats is what a broker has done since it was made, and whether they reach other nodes now.
type Stats struct {
	Connected bool
	Sent      uint64 // notifications sent
	Received  uint64 // notifications that came
	Errors    uint64 // notifications that could not be sent, and lost connections

	SignalsSent, SignalsReceived uint64
	SignalsDropped               uint64 // because other nodes could not be reached, or too many waited
}

// Stats returns them. Within one process it is always connected. Safe for concurrent use.
func (m *Memory) Stats() Stats {
	return Stats{Connected: true, Sent: m.sent.Load(), Received: m.received.Load(), SignalsSent: m.signalsSent.Load(), SignalsReceived: m.signalsReceived.Load()}
}
