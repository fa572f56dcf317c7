// Package auth tests who somebody is: accounts, passwords, sessions, tokens and their keys, over the API of a running
// server.
package auth

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
