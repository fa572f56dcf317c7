package broker_test

import (
	"sync"
	"testing"

	"parley/broker"
	"parley/broker/brokertest"
	"parley/broker/natstest"
)

func TestNATSIsANotifier(t *testing.T) {
	brokertest.RunBus(t, func(t *testing.T) brokertest.Pair {
		server := natstest.New(t)
		one, two := newNATS(t, broker.NATSOptions{URL: server.URL()}), newNATS(t, broker.NATSOptions{URL: server.URL()})
		return brokertest.Pair{One: one, Two: two, Cut: server.Stop, Restore: func() { server.Start() }, Connected: func() bool { return one.Stats().Connected }, Close: sync.OnceFunc(func() {
			one.Close(t.Context())
			two.Close(t.Context())
			server.Stop()
		})}
	})
}

func newNATS(t *testing.T, o broker.NATSOptions) *broker.NATS {
	t.Helper()
	n, err := broker.NewNATS(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
