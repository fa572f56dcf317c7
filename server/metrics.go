package server

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
	"parley/transport"
)

// metricsServer serves /metrics on an address of its own, so that no proxy shows it to the world by mistake.
type metricsServer struct {
	http     *http.Server
	listener net.Listener
}

// listenMetrics takes the address of PARLEY_METRICS_ADDR.
func (s *server) listenMetrics() (*metricsServer, error) {
	listener, err := net.Listen("tcp", s.c.MetricsAddr)
	if err != nil {
		return nil, fmt.Errorf("PARLEY_METRICS_ADDR: %w", err)
	}
	s.logger.Info("metrics are served", "url", "http://"+listener.Addr().String()+"/metrics")
	log := slog.NewLogLogger(s.logger.Handler(), slog.LevelError)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry(), promhttp.HandlerOpts{ErrorLog: log, MaxRequestsInFlight: 4}))
	return &metricsServer{listener: listener, http: &http.Server{
		Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}}, nil
}

// Run answers until ctx ends.
func (m *metricsServer) Run(ctx context.Context) error {
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
func (m *metricsServer) end() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := m.http.Shutdown(ctx); err != nil {
		_ = m.http.Close() // whoever is still there had their time
	}
}

// registry belongs to one server: several run in one process in tests.
func (s *server) registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// snapshot is what all rooms say at one scrape.
type snapshot struct {
	transport   transport.Stats
	chat        chat.Stats
	auth        accounts.Stats
	db          db.Stats
	broker      broker.Stats
	connections int
	noRoom      map[string]uint64
	dropped     lost // lines of the log
	draining    bool
}

func (s *server) snapshot() snapshot {
	return snapshot{
		transport: s.transports.Stats(), chat: s.chat.Stats(), auth: s.auth.Stats(), db: s.health.store.Stats(),
		broker: s.bell.Stats(), connections: s.connections.len(), noRoom: s.noRoom(), dropped: s.log.total(), draining: s.health.draining.Load(),
	}
}

// A collector shows a server's snapshots.
type collector struct{ s *server }

// Describe sends what Collect may send.
func (collector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range shown {
		to <- m.desc
	}
}

// Collect sends the values of one moment.
func (c collector) Collect(to chan<- prometheus.Metric) {
	now := c.s.snapshot()
	for _, m := range shown {
		m.collect(&now, func(one prometheus.Metric) { to <- one })
	}
}
