// Package safe runs functions whose panic must not end the process. It knows a logger and nothing else.
package safe

import (
	"context"
	"log/slog"
	"runtime/debug"
)

// Run calls f and survives its panic: the panic is logged, and failed, which may be nil, is called.
// Every goroutine of the transports starts through it, because a panic in one ends the process.
func Run(ctx context.Context, logger *slog.Logger, f, failed func()) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		LogPanic(ctx, logger, v)
		if failed != nil {
			failed()
		}
	}()
	f()
}

// LogPanic is called while the panic is recovered, so that the stack shows it.
func LogPanic(ctx context.Context, logger *slog.Logger, v any) {
	logger.ErrorContext(ctx, "panic in a transport", "panic", v, "stack", string(debug.Stack()))
}
