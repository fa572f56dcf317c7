// Package metrics shows Prometheus what the other packages count, on an address of its own. It reads them all through
// one snapshot that it is given a function for, and counts nothing itself.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"parley/auth/accounts"
	"parley/broker"
	"parley/chat"
	"parley/db"
	"parley/server/logs"
	"parley/transport"
)

// A Snapshot is what all packages count, at one moment.
type Snapshot struct {
	Version     string
	Transport   transport.Stats
	Chat        chat.Stats
	Auth        accounts.Stats
	DB          db.Stats
	Broker      broker.Stats
	Connections int               // over TCP, besides WebSockets and event streams
	Refused     map[string]uint64 // for lack of room, by the setting that limits
	Dropped     logs.Lost
	Draining    bool
}

// Server serves /metrics on an address of its own, so that no proxy shows it to the world by mistake.
type Server struct {
	http     *http.Server
	listener net.Listener
}

// Listen takes an address. read is called for each scrape, from several goroutines.
func Listen(addr string, logger *slog.Logger, read func() Snapshot) (*Server, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("PARLEY_METRICS_ADDR: %w", err)
	}
	logger.Info("metrics are served", "url", "http://"+listener.Addr().String()+"/metrics")
	log := slog.NewLogLogger(logger.Handler(), slog.LevelError)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry(read), promhttp.HandlerOpts{ErrorLog: log, MaxRequestsInFlight: 4}))
	return &Server{listener: listener, http: &http.Server{
		Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}}, nil
}

// Run answers until ctx ends.
func (m *Server) Run(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- m.http.Serve(m.listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve metrics: %w", err)
	case <-ctx.Done():
		m.end()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve metrics: %w", err)
		}
		return nil
	}
}

// end lets a request that runs finish. The drain before it can still be watched.
func (m *Server) end() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := m.http.Shutdown(ctx); err != nil {
		_ = m.http.Close() // whoever is still there had their time
	}
}

// registry belongs to one server: several run in one process in tests.
func registry(read func() Snapshot) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{read}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// A collector shows snapshots.
type collector struct{ read func() Snapshot }

// Describe sends what Collect may send.
func (collector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range shown {
		to <- m.desc
	}
}

// Collect sends the values of one moment.
func (c collector) Collect(to chan<- prometheus.Metric) {
	now := c.read()
	for _, m := range shown {
		m.collect(&now, func(one prometheus.Metric) { to <- one })
	}
}
