// Package backing runs what several nodes of Parley share, a throwaway Postgres and a NATS server, and
// takes orders about them over HTTP: whoever measures is a client and imports neither.
package backing

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"parley/db/dbtest"
)

// Backing is a Postgres that is as durable as it comes, and a NATS server that comes and goes.
type Backing struct {
	mux      http.ServeMux
	postgres *dbtest.Server

	mu   sync.Mutex
	nats *server.Server // nil while it is stopped
	port int            // of NATS; 0 until it has run
}

// Open starts Postgres with its data in a directory, which must be open to everybody: Postgres does not
// run as root. Empty: the system's directory for temporary files.
func Open(ctx context.Context, dir string) (*Backing, error) {
	postgres, err := dbtest.NewServer(ctx, dir, "max_connections=300")
	if err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	b := &Backing{postgres: postgres}
	b.mux.HandleFunc("POST /databases/{name}", b.create)
	b.mux.HandleFunc("POST /nats", b.startNATS)
	b.mux.HandleFunc("DELETE /nats", b.stopNATS)
	return b, nil
}

// Close ends both and removes all data.
func (b *Backing) Close() {
	b.endNATS()
	b.postgres.Remove()
}

// ServeHTTP carries one order out. POST /databases/NAME makes a database, ?like=OTHER a copy of one that
// nobody uses, and answers its URL; POST /nats starts NATS, always on the same port, and answers its URL;
// DELETE /nats stops it.
func (b *Backing) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.mux.ServeHTTP(w, r) }

func (b *Backing) create(w http.ResponseWriter, r *http.Request) {
	name, options := r.PathValue("name"), ""
	if like := r.FormValue("like"); like != "" {
		options = fmt.Sprintf(`TEMPLATE "%s"`, like)
	}
	if err := b.postgres.Create(r.Context(), name, options); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = fmt.Fprint(w, b.postgres.URL(name)) // a client that has gone wants no answer
}

func (b *Backing) startNATS(w http.ResponseWriter, _ *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.nats == nil {
		if err := b.listen(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	_, _ = fmt.Fprint(w, b.nats.ClientURL())
}

// listen starts NATS; b.mu is held.
func (b *Backing) listen() error {
	port := b.port
	if port == 0 {
		port = server.RANDOM_PORT
	}
	nats, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoLog: true, NoSigs: true})
	if err != nil {
		return fmt.Errorf("start NATS: %w", err)
	}
	go nats.Start()
	if !nats.ReadyForConnections(10 * time.Second) {
		nats.Shutdown()
		return errors.New("NATS does not listen")
	}
	b.nats, b.port = nats, nats.Addr().(*net.TCPAddr).Port
	return nil
}

func (b *Backing) stopNATS(http.ResponseWriter, *http.Request) { b.endNATS() }

func (b *Backing) endNATS() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.nats != nil {
		b.nats.Shutdown()
		b.nats.WaitForShutdown()
		b.nats = nil
	}
}
