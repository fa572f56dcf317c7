package db

import (
	"database/sql"

	"parley/db/sqlite"
)

// Stats is what a Store is at.
type Stats struct {
	Pools map[string]sql.DBStats // "read" and "write"
	Disk  *DiskStats             // of SQLite; nil on Postgres, whose disk is not ours
}

// DiskStats is how the file of the database lies on its disk.
type DiskStats = sqlite.DiskStats

// Stats is safe for concurrent use.
func (s *Store) Stats() Stats {
	stats := Stats{Pools: map[string]sql.DBStats{"read": s.pools.read.Stats(), "write": s.pools.write.Stats()}}
	if s.sqlite != nil {
		disk := s.sqlite.Disk()
		stats.Disk = &disk
	}
	return stats
}
