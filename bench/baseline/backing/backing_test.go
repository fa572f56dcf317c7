package backing

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"parley/db/dbtest"
)

// TestOrders makes a database and a copy of it, which has what the first had, and stops and starts NATS
// below a client that stays where it is.
func TestOrders(t *testing.T) {
	b, err := Open(t.Context(), "")
	dbtest.Started(t, err)
	t.Cleanup(b.Close)
	first := connect(t, b.order(t, http.MethodPost, "/databases/first"))
	if _, err := first.Exec(t.Context(), "CREATE TABLE things (name text)"); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := connect(t, b.order(t, http.MethodPost, "/databases/second?like=first"))
	if _, err := second.Exec(t.Context(), "INSERT INTO things VALUES ('copied')"); err != nil {
		t.Errorf("the copy lacks the table: %v", err)
	}

	left, back := make(chan bool, 2), make(chan bool, 2) // closing the client calls again
	client, err := nats.Connect(b.order(t, http.MethodPost, "/nats"), nats.MaxReconnects(-1), nats.ReconnectWait(time.Millisecond),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { left <- true }),
		nats.ReconnectHandler(func(*nats.Conn) { back <- true }))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	b.order(t, http.MethodDelete, "/nats")
	<-left
	b.order(t, http.MethodPost, "/nats")
	<-back
}

func (b *Backing) order(t *testing.T, method, path string) string {
	t.Helper()
	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s %s: status %d: %s", method, path, w.Code, w.Body)
	}
	return w.Body.String()
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
