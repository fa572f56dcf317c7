// Package waiting says what a start waits for, when it takes long. It knows nothing of what is waited for.
package waiting

import (
	"log/slog"
	"time"
)

// quiet is how long a start waits before that is logged.
const quiet = 3 * time.Second

// Warn tells logger what a start waits for, unless done is called soon. Nothing is logged behind done.
func Warn(logger *slog.Logger, what string) (done func()) {
	said := make(chan struct{})
	timer := time.AfterFunc(quiet, func() {
		defer close(said)
		logger.Warn("the start waits", "for", what)
	})
	return func() {
		if !timer.Stop() {
			<-said
		}
	}
}
