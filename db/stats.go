package db

import (
	"database/sql"
	"os"
)

// Stats is what a Store is at.
type Stats struct {
	Pools map[string]sql.DBStats // "read" and "write"
	Disk  *DiskStats             // of SQLite; nil on Postgres, whose disk is not ours
}

// DiskStats is how the file of the database lies on its disk.
type DiskStats struct {
	Full bool  // writes are refused, because less is free than PARLEY_DISK_MIN_FREE
	Free int64 // bytes, at the last look
	WAL  int64 // bytes of the log that SQLite writes before the database
}

// Stats answers it. Safe for concurrent use.
func (s *Store) Stats() Stats {
	stats := Stats{Pools: map[string]sql.DBStats{"read": s.pools.read.Stats(), "write": s.pools.write.Stats()}}
	if s.watch != nil {
		stats.Disk = &DiskStats{Full: s.watch.full.Load(), Free: s.watch.free.Load()}
		if info, err := os.Stat(s.watch.path + "-wal"); err == nil { // there may be none
			stats.Disk.WAL = info.Size()
		}
	}
	return stats
}
