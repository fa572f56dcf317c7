// Package limits tests that few clients cannot take what many need: connections, rates, and memory for responses.
package limits

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
