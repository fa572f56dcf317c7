package broker_test

import (
	"testing"

	"parley/broker"
	"parley/broker/brokertest"
)

// The nodes of a bus in memory are one process, so both have the same broker.
func TestMemoryIsANotifier(t *testing.T) {
	brokertest.Run(t, func(*testing.T) brokertest.Pair {
		m := &broker.Memory{}
		return brokertest.Pair{One: m, Two: m}
	})
}
