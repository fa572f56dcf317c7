package broker_test

import (
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"

	"parley/broker"
	"parley/broker/natstest"
)

// timeout is how long a test waits for what must happen.
const timeout = 5 * time.Minute

// notifications are what somebody received, and what was reported.
type notifications chan []uuid.UUID

func subscribe(t *testing.T, b interface {
	Subscribe(context.Context, func(...uuid.UUID)) error
},
) notifications {
	t.Helper()
	received := make(notifications, 100_000)
	ctx, stop := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	listening.Go(func() { _ = b.Subscribe(ctx, func(rooms ...uuid.UUID) { received <- slices.Clone(rooms) }) })
	t.Cleanup(func() { stop(); listening.Wait() })
	received.await(t, func(rooms []uuid.UUID) bool { return len(rooms) == 0 })
	return received
}

// await reads on until a notification is such.
func (b notifications) await(t *testing.T, such func(rooms []uuid.UUID) bool) {
	t.Helper()
	late := time.After(timeout)
	for {
		select {
		case rooms := <-b:
			if such(rooms) {
				return
			}
		case <-late:
			t.Fatal("a notification did not come")
		}
	}
}

func allRooms(rooms []uuid.UUID) bool { return len(rooms) == 0 }

func names(room uuid.UUID) func([]uuid.UUID) bool {
	return func(rooms []uuid.UUID) bool { return slices.Contains(rooms, room) }
}

// dial makes a broker that ends with the test, and returns what it reports.
func dial(t *testing.T, o broker.NATSOptions) (*broker.NATS, chan error) {
	t.Helper()
	reports := make(chan error, 100)
	o.Report = func(err error) { reports <- err }
	n := newNATS(t, o)
	t.Cleanup(func() { n.Close(context.Background()) })
	return n, reports
}

func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(timeout); !so(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("it never happened: " + what)
		}
	}
}

func connected(t *testing.T, n interface{ Stats() broker.Stats }) {
	t.Helper()
	until(t, "connected", func() bool { return n.Stats().Connected })
}

// next waits for a report.
func next(t *testing.T, reports chan error) error {
	t.Helper()
	select {
	case err := <-reports:
		return err
	case <-time.After(timeout):
		t.Fatal("nothing was reported")
		return nil
	}
}

// The client gives up for ever when it is refused twice, unless told otherwise.
func TestNATSWithAWrongPasswordGoesOnUntilItIsRight(t *testing.T) {
	login := func(password string) func(*server.Options) {
		return func(o *server.Options) { o.Username, o.Password = "parley", password }
	}
	s := natstest.New(t, login("another"))
	n, reports := dial(t, broker.NATSOptions{URL: "nats://parley:secret@" + strings.TrimPrefix(s.URL(), "nats://")})
	if err := next(t, reports); err == nil || !strings.Contains(err.Error(), "Authorization") || strings.Contains(err.Error(), "secret") {
		t.Errorf("reported %v", err)
	}
	until(t, "refused again and again", func() bool {
		varz, err := s.Running().Varz(nil)
		return err == nil && varz.TotalConnections > 5
	})
	s.Stop()
	s.Start(login("secret"))
	if err := next(t, reports); err != nil {
		t.Errorf("reported %v, want that it is back, and nothing for each try", err)
	}
	received, room := subscribe(t, n), uuid.New()
	other, _ := dial(t, broker.NATSOptions{URL: "nats://parley:secret@" + strings.TrimPrefix(s.URL(), "nats://")})
	connected(t, other)
	other.Notify(room)
	received.await(t, names(room))
}

// A server that may not carry the subject is as bad as none, and says so once.
func TestNATSThatForbidsTheSubjectIsReported(t *testing.T) {
	s := natstest.New(t, func(o *server.Options) {
		none := &server.SubjectPermission{Deny: []string{">"}}
		o.Users = []*server.User{{Username: "parley", Password: "secret", Permissions: &server.Permissions{Publish: none, Subscribe: none}}}
	})
	n, reports := dial(t, broker.NATSOptions{URL: "nats://parley:secret@" + strings.TrimPrefix(s.URL(), "nats://")})
	err := next(t, reports)
	for err == nil { // connected first
		err = next(t, reports)
	}
	if !strings.Contains(strings.ToLower(err.Error()), "permissions violation") {
		t.Errorf("reported %v", err)
	}
	for range 100 {
		n.Notify(uuid.New())
	}
	until(t, "not connected", func() bool { return !n.Stats().Connected })
}

// Notifications are dropped while a listener is slow, and the client tells only of the first one: whatever was
// dropped behind it has to be looked for too.
func TestNATSDropsNotificationsOfASlowListenerAndThenMeansAll(t *testing.T) {
	s := natstest.New(t)
	slow, _ := dial(t, broker.NATSOptions{URL: s.URL()})
	connected(t, slow)
	free, received := make(chan struct{}), make(notifications, 100_000)
	ctx, stop := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	listening.Go(func() {
		_ = slow.Subscribe(ctx, func(rooms ...uuid.UUID) {
			if len(rooms) > 0 {
				<-free
			}
			received <- slices.Clone(rooms)
		})
	})
	defer listening.Wait()
	defer stop()
	received.await(t, allRooms)
	send, room := natstest.Connect(t, s), uuid.New()
	const flood = 6000 // messages, which brokers would have put together
	for range flood {
		send(room[:])
	}
	received.await(t, allRooms) // at the first one that was dropped
	until(t, "all read", func() bool { return slow.Received() == flood })
	close(free)
	received.await(t, names(room))
	received.await(t, allRooms) // behind the last one that was dropped
}

// More rooms than fit the server's largest message are all rooms.
func TestNATSNamesNoMoreRoomsThanAMessageHolds(t *testing.T) {
	s := natstest.New(t, func(o *server.Options) { o.MaxPayload = 10 * 16 })
	one, _ := dial(t, broker.NATSOptions{URL: s.URL()})
	two, _ := dial(t, broker.NATSOptions{URL: s.URL()})
	connected(t, one)
	connected(t, two)
	received := subscribe(t, two)
	rooms := make([]uuid.UUID, 11)
	for i := range rooms {
		rooms[i] = uuid.New()
	}
	one.Notify(rooms[:10]...)
	received.await(t, func(got []uuid.UUID) bool { return len(got) == 10 && names(rooms[9])(got) })
	one.Notify(rooms...)
	received.await(t, allRooms)
	if e := one.Stats().Errors + two.Stats().Errors; e != 0 {
		t.Errorf("%d errors", e)
	}
}

// A message of another size than rooms have means all; so does a notification of too many rooms.
func TestNATSReadsNothingButRooms(t *testing.T) {
	s := natstest.New(t)
	n, _ := dial(t, broker.NATSOptions{URL: s.URL()})
	connected(t, n)
	received, send := subscribe(t, n), natstest.Connect(t, s)
	for _, data := range [][]byte{nil, {1}, make([]byte, 15), make([]byte, 17), []byte("*")} {
		send(data)
		if got := <-received; len(got) != 0 {
			t.Errorf("%d bytes: received %v", len(data), got)
		}
	}
	room := uuid.New()
	send(append(room[:], room[:]...))
	if got := <-received; !slices.Equal(got, []uuid.UUID{room, room}) {
		t.Errorf("received %v", got)
	}
}

// Two deployments on one server disturb each other no more than by notifications for rooms that nobody knows.
func TestNATSTellsAnotherDeploymentOnlyRooms(t *testing.T) {
	s := natstest.New(t)
	mine, _ := dial(t, broker.NATSOptions{URL: s.URL()})
	theirs, _ := dial(t, broker.NATSOptions{URL: s.URL()})
	connected(t, mine)
	connected(t, theirs)
	received, room := subscribe(t, mine), uuid.New()
	theirs.Notify(room)
	if got := <-received; !slices.Equal(got, []uuid.UUID{room}) {
		t.Errorf("received %v, want the room alone", got)
	}
}

// A server that says what the client does not know makes it give up for ever; Parley begins anew.
func TestNATSThatTheClientGivesUpIsDialledAgain(t *testing.T) {
	listener := listenTCP(t)
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, `INFO {"server_id":"x","version":"2.15.2","proto":1,"headers":true,"max_payload":1048576}`+"\r\n")
			_, _ = io.WriteString(conn, "PONG\r\n")
			accepted <- conn
		}
	}()
	_, reports := dial(t, broker.NATSOptions{URL: "nats://" + listener.Addr().String()})
	first := <-accepted
	_, _ = io.WriteString(first, "-ERR 'Out of Cheese'\r\n")
	if err := next(t, reports); err == nil {
		t.Error("reported that it is back, want that it is lost")
	}
	select {
	case <-accepted:
	case <-time.After(timeout):
		t.Error("it is not dialled again")
	}
}

func listenTCP(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}
