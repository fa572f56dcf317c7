package purge

import (
	"context"
	"strings"
	"testing"
)

// A panic while it purges is an error of that round, and not the end of the server.
func TestPanicOfThePurger(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var told error
	p := New(nil, func(err error) { told = err; stop() }) // without a store
	p.Run(ctx)
	if told == nil || !strings.Contains(told.Error(), "panic") {
		t.Errorf("told %v", told)
	}
}
