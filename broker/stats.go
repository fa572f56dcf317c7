package broker

// Stats is what a broker has done since it was made, and whether bells reach other nodes now.
type Stats struct {
	Connected bool
	Rung      uint64 // bells sent
	Heard     uint64 // bells that came
	Errors    uint64 // bells that could not be sent, and lost connections
}

// Stats answers them. What rings within one process is always connected. Safe for concurrent use.
func (m *Memory) Stats() Stats {
	return Stats{Connected: true, Rung: m.rung.Load(), Heard: m.heard.Load()}
}
