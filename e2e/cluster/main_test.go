// Package cluster tests several nodes on one database: what is killed, cut off or restarted, NATS, Postgres and load
// balancers.
package cluster

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
