package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"parley/tuning"
)

// serve answers requests until ctx ends and then drains: new work is refused, running requests and
// queued sends are finished, sockets are told to come back, and only then the services end.
func (s *server) serve(ctx context.Context, listener net.Listener, ready func(net.Addr)) error {
	owner, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	var services sync.WaitGroup
	for _, service := range s.services() {
		services.Go(func() {
			if err := service(owner); err != nil && owner.Err() == nil {
				stop(err)
			}
		})
	}
	services.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			stop(fmt.Errorf("serve: %w", err))
		}
	})
	debug.FreeOSMemory() // what only the start needed
	who, why := s.c.WhoRegisters()
	s.logger.Info("who may register", "registration", who, "because", why)
	ready(listener.Addr())
	select {
	case <-ctx.Done():
	case <-owner.Done(): // a service or the listener failed
	}
	failure := context.Cause(owner)
	s.drain(context.WithoutCancel(ctx))
	stop(nil)
	services.Wait()
	return failure
}

// services run beside the listener until they are stopped; one that fails ends the server.
func (s *server) services() []func(context.Context) error {
	services := []func(context.Context) error{s.auth.Run, s.chat.Run, s.reportRefusals, tuning.PaceCollector}
	if s.metrics != nil {
		services = append(services, s.metrics.Run)
	}
	return services
}

// Within the drain, running requests have this long.
const requestGrace = 10 * time.Second

func (s *server) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.c.DrainTimeout))
	defer cancel()
	s.health.draining.Store(true)
	s.transports.StopAccepting()
	select {
	case <-time.After(time.Duration(s.c.DrainDelay)):
	case <-ctx.Done():
	}
	var ends sync.WaitGroup
	ends.Go(func() { s.transports.Drain(ctx) }) // Shutdown knows no sockets, and waits for event streams
	s.connections.Close()
	requests, cancelRequests := context.WithTimeout(ctx, requestGrace)
	defer cancelRequests()
	if err := s.http.Shutdown(requests); err != nil {
		_ = s.http.Close() // whoever is still there had their time
	}
	ends.Wait()
}
