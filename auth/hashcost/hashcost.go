// Package hashcost says what a new password hash costs. It is apart so that tests of whole servers, which make many
// accounts and are about something else, can lower it before they start one. No setting does; layout_test.go lets only
// the harness of those tests import this beside auth.
package hashcost

import "sync/atomic"

var lowered atomic.Bool

// Argon2id are the parameters of a new hash: 19 MiB and two passes (OWASP, Password Storage).
func Argon2id() (memoryKiB, passes uint32, threads uint8) {
	if lowered.Load() {
		return 8, 1, 1
	}
	return 19456, 2, 1
}

// Lower makes hashes of this process cheap and worthless, from now on.
func Lower() { lowered.Store(true) }
