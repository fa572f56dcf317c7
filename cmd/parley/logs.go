package main

import (
	"io"
	"log"
	"log/slog"
	"os"
)

// newLogger makes the one logger of the process; the standard log, which libraries use, goes into
// it too.
func newLogger(c *Config, out io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // kong has checked it
	o := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewJSONHandler(out, o)
	if c.LogFormat == "text" || c.LogFormat == "" && isTerminal(out) {
		handler = slog.NewTextHandler(out, o)
	}
	logger := slog.New(handler)
	log.SetFlags(0)
	log.SetOutput(slog.NewLogLogger(handler, slog.LevelWarn).Writer())
	return logger
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
