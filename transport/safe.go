package transport

import (
	"context"
	"runtime/debug"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// run calls f and survives its panic: the panic is logged, and failed, which may be nil, is called.
// Every goroutine of this package starts through it, because a panic in one ends the process.
func (t *Transports) run(ctx context.Context, f, failed func()) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		t.logPanic(ctx, v)
		if failed != nil {
			failed()
		}
	}()
	f()
}

// logPanic is called while the panic is recovered, so that the stack shows it.
func (t *Transports) logPanic(ctx context.Context, v any) {
	t.options.Logger.ErrorContext(ctx, "panic in a transport", "panic", v, "stack", string(debug.Stack()))
}

// fault is what a client is told of a fault of ours.
func (t *Transports) fault(ctx context.Context) *gqlerror.Error {
	return t.options.Refuse(ctx, codeInternal, "", "A fault of the server.")
}
