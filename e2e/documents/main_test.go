// Package documents tests which GraphQL documents are taken, with which limits and values, and what they may cost.
package documents

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
