package tuning

import (
	"runtime"
	"sync"
	"syscall"
)

// niceness of a thread of low priority: enough that whoever answers a request goes first, and not so much
// that low-priority work comes to nothing on a busy server.
const niceness = 10

// extra counts the threads of low priority, each of which may run Go code beside the usual ones.
var extra struct {
	sync.Mutex
	threads int
	usual   int // GOMAXPROCS while there are none
}

// LowPriority runs work, which computes for long, on a thread of its own with low priority and returns when it is
// done: as much such work as there are cores would otherwise make everybody wait until Go takes a core away from
// it, after 10 ms. The thread ends with the work, because its priority can only fall.
func LowPriority(work func()) {
	raiseThreads(1)
	defer raiseThreads(-1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness) // if refused, the work runs with the usual priority
		work()
	}()
	<-done
}

// raiseThreads raises GOMAXPROCS by the threads of low priority, so that they take no core away from requests.
func raiseThreads(by int) {
	extra.Lock()
	defer extra.Unlock()
	if extra.threads == 0 {
		extra.usual = runtime.GOMAXPROCS(0)
	}
	extra.threads += by
	runtime.GOMAXPROCS(extra.usual + extra.threads)
}
