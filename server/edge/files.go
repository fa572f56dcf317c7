package edge

import (
	"log/slog"

	"parley/server/settings"
)

// What is left of the files that a process may open: to all that is no connection, and to what is no WebSocket and no
// event stream.
const (
	otherFiles = 256
	plainFiles = 512 // with the others
)

// MaxStreams is PARLEY_MAX_CONNECTIONS, or what this process may open if that is less.
func MaxStreams(c *settings.Config, logger *slog.Logger) int {
	return lowered("PARLEY_MAX_CONNECTIONS", int(c.MaxConnections), plainFiles, logger)
}

func lowered(setting string, value int, reserved uint64, logger *slog.Logger) int {
	files, most := openFiles(), uint64(value)
	if files >= reserved && files-reserved >= most {
		return value
	}
	most = max(files, reserved+1) - reserved
	logger.Warn(setting+" is lowered: this process may open too few files (ulimit -n)", "most", most, "files", files)
	return int(most)
}
