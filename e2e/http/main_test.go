// Package http tests requests and responses: statuses, headers, hosts, origins, proxies, times and metrics.
package http

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
