package broker

import (
	"context"
	"encoding/ascii85"
	"encoding/base64"
	"time"

	"github.com/google/uuid"
)

// A Channel is a database that passes payloads on to all who listen, the sender too.
type Channel interface {
	// Notify sends a payload of at most 7,999 bytes over the channel of a name.
	Notify(ctx context.Context, channel, payload string) error
	// Listen hands on payloads until ctx or the connection ends. It calls ready when it has begun to listen.
	Listen(ctx context.Context, channels []string, ready func(), got func(channel, payload string)) error
}

// What nodes on one database listen on. Older releases do not listen to signals.
const (
	notifications = "parley_bell"
	signals       = "parley_signal"
)

const (
	maxPayload    = 7_999           // NOTIFY takes less than 8,000 bytes: postgresql.org/docs/current/sql-notify.html
	notifyTimeout = 5 * time.Second // to send one
	firstRetry    = 100 * time.Millisecond
	lastRetry     = 2 * time.Second
	closeTimeout  = 2 * time.Second
)

// Postgres carries notifications between nodes by LISTEN and NOTIFY of the database that they share. NOTIFY runs behind
// the commit, one at a time, and rooms collect meanwhile: within the commits it would make them wait for
// each other.
type Postgres struct {
	*bus
	db   Channel
	node uuid.UUID // its own notifications come back to it
}

// NewPostgres begins to listen.
func NewPostgres(db Channel, report func(error)) *Postgres {
	p := &Postgres{bus: newBus(report), db: db, node: uuid.New()}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	p.running.Go(func() { p.listen(ctx) })
	p.running.Go(func() { p.run(ctx) })
	return p
}

// listen listens until ctx ends, over one connection after the other.
func (p *Postgres) listen(ctx context.Context) {
	retry := firstRetry
	for {
		err := p.db.Listen(ctx, []string{notifications, signals}, func() {
			retry = firstRetry
			p.up()
		}, p.receive)
		if ctx.Err() != nil {
			return
		}
		p.down(err)
		select {
		case <-time.After(retry):
		case <-ctx.Done():
			return
		}
		retry = min(2*retry, lastRetry)
	}
}

// receive takes a payload: the node that notified and the rooms, in base64. What cannot be read means all.
func (p *Postgres) receive(channel, payload string) {
	if channel == signals {
		p.receiveSignals(payload)
		return
	}
	packed, err := base64.RawStdEncoding.DecodeString(payload)
	if err != nil || len(packed) < len(p.node) {
		p.deliver(nil)
	} else if from := uuid.UUID(packed[:len(p.node)]); from != p.node {
		p.deliver(unpack(packed[len(p.node):]))
	}
}

// receiveSignals takes a payload of signals: likewise, but in Ascii85, which makes them a quarter longer and not a third.
func (p *Postgres) receiveSignals(payload string) {
	packed := make([]byte, 4*len(payload)) // a z is four bytes
	n, _, err := ascii85.Decode(packed, []byte(payload), true)
	if err == nil && n > len(p.node) && uuid.UUID(packed[:len(p.node)]) != p.node {
		p.hear(packed[len(p.node):n])
	}
}

// run tells other nodes until ctx ends.
func (p *Postgres) run(ctx context.Context) {
	for {
		select {
		case <-p.out.wake:
			p.tell(func(rooms []uuid.UUID) error { return p.notify(ctx, rooms) },
				maxPayload/5*4-len(p.node), func(packed []byte) error { return p.signal(ctx, packed) })
		case <-ctx.Done():
			return
		}
	}
}

func (p *Postgres) notify(ctx context.Context, rooms []uuid.UUID) error {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	packed := append(p.node[:], pack(rooms, base64.RawStdEncoding.DecodedLen(maxPayload)-len(p.node))...)
	return p.db.Notify(ctx, notifications, base64.RawStdEncoding.EncodeToString(packed))
}

func (p *Postgres) signal(ctx context.Context, packed []byte) error {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	payload := make([]byte, ascii85.MaxEncodedLen(len(p.node)+len(packed)))
	return p.db.Notify(ctx, signals, string(payload[:ascii85.Encode(payload, append(p.node[:], packed...))]))
}

// Close sends what other nodes were not told yet, and ends. From then on Notify reaches this node alone.
func (p *Postgres) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	p.stop()
	p.running.Wait()
	p.flush(func(rooms []uuid.UUID) error { return p.notify(ctx, rooms) })
}
