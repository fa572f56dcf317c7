package command

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// untilSignal returns a context that the first signal to end the process ends. The second one ends the process at once, as
// it does to programs that do not listen, however soon it comes.
func untilSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals, stopped := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for _, then := range []func(os.Signal){func(os.Signal) { cancel() }, endBy} {
			select {
			case s := <-signals:
				then(s)
			case <-stopped:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
		close(stopped)
	}
}

// endBy ends this process by a signal, or else itself: a signal may have been ignored from the beginning, as an interrupt is
// in what a shell starts in the background.
func endBy(s os.Signal) {
	signal.Reset(s)
	if self, err := os.FindProcess(os.Getpid()); err == nil && self.Signal(s) == nil {
		time.Sleep(time.Second)
	}
	os.Exit(exitFailure)
}
