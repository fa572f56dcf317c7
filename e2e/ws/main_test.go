// Package ws tests the protocol graphql-transport-ws down to the bytes.
package ws

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
