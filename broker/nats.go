package broker

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
)

// subject carries the notifications: 16 bytes a room, or nothing for all rooms. Nodes of other releases use it too.
// signalSubject carries signals, which older releases do not listen to.
const (
	subject       = "parley.bell"
	signalSubject = "parley.signal"
)

const (
	natsTimeout   = 2 * time.Second        // to dial, to write, to be answered
	natsRetryWait = 250 * time.Millisecond // between two rounds over all servers, and as much again by chance
	natsPings     = 10 * time.Second       // two without an answer, and the server counts as dead
	natsPending   = 4096                   // notifications that wait to be received; more are dropped
	natsBytes     = 4 << 20                // of these, and of signals

	natsSignals = 32 << 10 // bytes of signals in one message
)

// NATS carries notifications between nodes over NATS core, which promises nothing: what is lost, doubled or late costs time
// and never a chat. It goes on for ever, whether a server can be reached or not.
type NATS struct {
	*bus
	options []nats.Option
	servers string
	conn    *nats.Conn // of run, and of Close behind it
	closed  chan struct{}
	dropped atomic.Int64
}

// NewNATS begins to connect. An error is one of the options; a server that does not answer is none.
func NewNATS(o NATSOptions) (*NATS, error) {
	options, servers, err := o.read()
	if err != nil {
		return nil, err
	}
	n := &NATS{bus: newBus(o.Report), servers: servers, options: options}
	if err := n.connect(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.running.Go(func() { n.run(ctx) })
	return n, nil
}

// connect begins a connection, which the client keeps up. It waits for one round over the servers.
func (n *NATS) connect() error {
	subscribed, closed := make(chan struct{}), make(chan struct{})
	up := func(c *nats.Conn) {
		<-subscribed
		_ = c.FlushTimeout(natsTimeout) // behind it the server knows that this node listens
		n.up()
	}
	conn, err := nats.Connect(n.servers, append([]nats.Option{
		nats.Name("parley"), nats.NoEcho(), nats.Timeout(natsTimeout), nats.FlusherTimeout(natsTimeout),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(), nats.ReconnectBufSize(-1),
		nats.ReconnectWait(natsRetryWait), nats.ReconnectJitter(natsRetryWait, natsRetryWait),
		nats.PingInterval(natsPings), nats.MaxPingsOutstanding(2), nats.ReconnectOnFlusherError(),
		nats.ConnectHandler(up), nats.ReconnectHandler(up),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { n.down(err) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { n.down(err) }),
		nats.ErrorHandler(n.failure),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }),
	}, n.options...)...)
	if err != nil {
		return err
	}
	err = listen(conn, subject, n.receive)
	if err == nil { // in a goroutine of their own: notifications do not wait for signals
		err = listen(conn, signalSubject, func(m *nats.Msg) { n.hear(m.Data) })
	}
	close(subscribed)
	n.conn, n.closed = conn, closed
	if err != nil && !errors.Is(err, nats.ErrConnectionClosed) { // run begins another one
		conn.Close()
		return err
	}
	return nil
}

func listen(conn *nats.Conn, to string, receive nats.MsgHandler) error {
	sub, err := conn.Subscribe(to, receive)
	if err != nil {
		return err
	}
	return sub.SetPendingLimits(natsPending, natsBytes)
}

// receive takes a notification. The client tells of dropped ones only when it begins to drop, so they are counted.
func (n *NATS) receive(m *nats.Msg) {
	rooms := unpack(m.Data)
	if dropped, err := m.Sub.Dropped(); err != nil || n.dropped.Swap(int64(dropped)) != int64(dropped) {
		rooms = nil
	}
	n.deliver(rooms)
}

// failure is called with whatever goes wrong beside the connection: notifications may be lost. Signals may be anyway, also
// where the server lets nobody carry them; of that it says the subject in the text alone.
func (n *NATS) failure(_ *nats.Conn, sub *nats.Subscription, err error) {
	if sub != nil && sub.Subject == signalSubject || errors.Is(err, nats.ErrPermissionViolation) && strings.Contains(err.Error(), strconv.Quote(signalSubject)) {
		n.lost.Add(1)
		return
	}
	if errors.Is(err, nats.ErrPermissionViolation) { // connected, and may not read or write
		n.down(err)
	} else {
		n.failed.Add(1)
	}
	n.here.Notify()
}

// run tells other nodes until ctx ends.
func (n *NATS) run(ctx context.Context) {
	for {
		select {
		case <-n.out.wake:
			n.tell(n.publish, n.mostOf(natsSignals), func(packed []byte) error { return n.conn.Publish(signalSubject, packed) })
		case <-n.closed: // the client gives up on what it does not know, as any new error of a server
			n.down(n.conn.LastError())
			select {
			case <-time.After(natsTimeout):
			case <-ctx.Done():
				return
			}
			if err := n.connect(); err != nil {
				n.down(err) // a file of the options is gone; the old connection is closed still
			}
		case <-ctx.Done():
			return
		}
	}
}

func (n *NATS) publish(rooms []uuid.UUID) error {
	return n.conn.Publish(subject, pack(rooms, n.mostOf(maxRooms*len(uuid.UUID{}))))
}

// mostOf is so many bytes, or what a message may have.
func (n *NATS) mostOf(bytes int) int {
	if limit := n.conn.MaxPayload(); limit > 0 {
		return int(min(int64(bytes), limit))
	}
	return bytes
}

// Close sends what other nodes were not told yet, and ends. From then on Notify reaches this node alone.
func (n *NATS) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	n.stop()
	n.running.Wait()
	if n.connected.Load() {
		n.flush(n.publish)
		_ = n.conn.FlushWithContext(ctx) // notifications may be lost
	}
	n.conn.Close()
	select {
	case <-n.closed:
	case <-ctx.Done():
	}
}
