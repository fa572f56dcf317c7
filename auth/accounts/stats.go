package accounts

// Stats is what a Service has done since it was made, and what it is at.
type Stats struct {
	Hashes        uint64 // of passwords, made
	HashesRefused uint64 // not made, because there was no slot in time
	HashesRunning int
	HashQueue     int // callers who wait for a slot

	Ended          map[string]uint64 // sessions ended by this node, by reason
	EndedElsewhere map[string]uint64 // sessions found ended by another node, by reason
	EndsUnstored   int               // sessions ended by this node that the database still has as live
	Events         map[string]uint64 // what Options.Audit is told, by message
}

// Stats returns them. Safe for concurrent use.
func (s *Service) Stats() Stats {
	hashes, ended := s.passwords.Stats(), s.sessions.Stats()
	return Stats{
		Hashes: hashes.Made, HashesRefused: hashes.Refused, HashesRunning: hashes.Running, HashQueue: hashes.Waiting,
		EndsUnstored: ended.EndsUnstored,
		Ended:        ended.Ended, EndedElsewhere: ended.EndedElsewhere, Events: s.audit.Counts(),
	}
}
