// Package logs is the log of the process: a logger, and a queue behind which nobody waits for whoever reads it. It knows
// of no setting; records that begin with audit=true are the last to be dropped.
package logs

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"os"
)

// New makes the one logger of the process; the standard log, which libraries use, goes into
// it too. level is debug, info, warn or error; format is text, json, or empty: text on a terminal. Into a Queue it writes so that records of the audit are the last to be dropped.
func New(out io.Writer, level, format string) *slog.Logger {
	var least slog.Level
	_ = least.UnmarshalText([]byte(level)) // one of these
	o := &slog.HandlerOptions{Level: least}
	queue, isQueue := out.(*Queue)
	isText := format == "text" || format == "" && isTerminal(out)
	handlerOf := func(out io.Writer) slog.Handler {
		if isText {
			return slog.NewTextHandler(out, o)
		}
		return slog.NewJSONHandler(out, o)
	}
	handler := handlerOf(out)
	if isQueue {
		handler = auditApart{handlerOf(queue.ordinary()), handlerOf(queue.audit())}
		queue.reportWith(func(l Lost) string {
			var line bytes.Buffer
			slog.New(handlerOf(&line)).Warn("lines of the log were dropped, because nobody read them", "lines", l.Lines, "audit", l.Audit)
			return line.String()
		})
	}
	logger := slog.New(handler)
	log.SetFlags(0)
	log.SetOutput(slog.NewLogLogger(handler, slog.LevelWarn).Writer())
	return logger
}

// auditApart hands the records of the audit, which begin with audit=true, to a handler of their own.
type auditApart struct{ ordinary, audit slog.Handler }

func (h auditApart) Enabled(ctx context.Context, level slog.Level) bool {
	return h.ordinary.Enabled(ctx, level)
}

func (h auditApart) Handle(ctx context.Context, r slog.Record) error {
	isAudit := false
	r.Attrs(func(a slog.Attr) bool {
		isAudit = a.Equal(slog.Bool("audit", true))
		return false
	})
	if isAudit {
		return h.audit.Handle(ctx, r)
	}
	return h.ordinary.Handle(ctx, r)
}

func (h auditApart) WithAttrs(attrs []slog.Attr) slog.Handler {
	return auditApart{h.ordinary.WithAttrs(attrs), h.audit.WithAttrs(attrs)}
}

func (h auditApart) WithGroup(name string) slog.Handler {
	return auditApart{h.ordinary.WithGroup(name), h.audit.WithGroup(name)}
}

func isTerminal(out io.Writer) bool {
	if queue, ok := out.(*Queue); ok {
		out = queue.out
	}
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
