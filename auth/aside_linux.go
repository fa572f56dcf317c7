package auth

import (
	"runtime"
	"sync"
	"syscall"
)

// courtesy is the niceness of a thread that hashes: enough that whoever answers a request goes first,
// and not so much that nobody could sign in to a busy server.
const courtesy = 10

// lanes are the extra threads that may run Go code while passwords are hashed.
var lanes struct {
	sync.Mutex
	hashing int
	usual   int // GOMAXPROCS when nobody hashes
}

// aside runs a hash on a thread of its own with low priority, beside those that answer requests: as
// many hashes as there are cores would otherwise make everybody wait until Go takes a core away from
// them, after 10 ms. The thread ends with it, because its priority can only fall.
func aside(hash func()) {
	widen(1)
	defer widen(-1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, courtesy) // without it it is merely less polite
		hash()
	}()
	<-done
}

// widen lets as many threads more run Go code as there are hashes.
func widen(by int) {
	lanes.Lock()
	defer lanes.Unlock()
	if lanes.hashing == 0 {
		lanes.usual = runtime.GOMAXPROCS(0)
	}
	lanes.hashing += by
	runtime.GOMAXPROCS(lanes.usual + lanes.hashing)
}
