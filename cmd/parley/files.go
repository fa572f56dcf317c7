package main

import "log/slog"

// otherFiles are left to the database, to plain requests and to connections that are about to be refused.
const otherFiles = 512

// maxConnections is PARLEY_MAX_CONNECTIONS, or what this process may open if that is less.
func maxConnections(c *Config, logger *slog.Logger) int {
	files, most := openFiles(), uint64(c.MaxConnections)
	if files >= otherFiles && files-otherFiles >= most {
		return int(c.MaxConnections)
	}
	most = max(files, otherFiles+1) - otherFiles
	logger.Warn("PARLEY_MAX_CONNECTIONS is lowered: this process may open too few files (ulimit -n)", "max_connections", most, "files", files)
	return int(most)
}
