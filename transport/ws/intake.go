package ws

import (
	"sync"
	"time"

	"parley/transport/admission"
	"parley/transport/ws/frame"
)

// This much is read ahead of its turn, so that a close frame behind it is seen. What is behind that stays
// with the kernel, whose window then closes: the client's writes wait.
const (
	aheadMessages = 32
	aheadBytes    = 32 << 10
)

// An intake takes what a client sends in its order, not faster than MessageRate, and with at most
// MaxParallel requests at once. What is too fast or too many is taken later, and none is lost.
// While nothing has to wait it costs no goroutine. Its lock may be taken under the socket's mu, and never
// the other way round.
type intake struct {
	s       *socket
	bucket  admission.Bucket
	changed sync.Cond // of anything below

	mu      sync.Mutex // guards all below
	ahead   []incoming // what was read and has to wait
	bytes   int        // of these
	taking  bool       // a goroutine takes them
	held    bool       // the reader waits too
	running int        // requests that have a slot
	stopped bool
}

// pong answers a ping frame.
func (s *socket) pong(payload []byte) frame.Code {
	s.control(frame.Pong(payload), nil)
	return 0
}

// An incoming is a message or a ping; act is 0, or the code to close with.
type incoming struct {
	bytes int
	act   func() frame.Code
}

func (k *intake) init(s *socket) {
	k.s, k.bucket = s, s.sockets.MessageRate.Bucket(3)
	k.changed.L = &k.mu
}

// put acts on what the reader has read, now or when its turn comes, and returns when it may read on.
// Only the reader calls it.
func (k *intake) put(bytes int, act func() frame.Code) {
	switch now, start := k.admit(incoming{bytes, act}); {
	case now:
		k.do(act)
		return
	case start:
		k.s.start(k.takeAhead, func() { k.s.close(frame.CloseTryLater) })
	}
	k.hold()
}

// admit says whether to act now; else the message waits, and start says whether nobody takes those that do.
func (k *intake) admit(one incoming) (now, start bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		return false, false
	}
	if !k.taking && k.running < k.s.sockets.MaxParallel && k.bucket.Take(time.Now()) == 0 {
		return true, false
	}
	start, k.taking = !k.taking, true
	k.ahead = append(k.ahead, one)
	k.bytes += one.bytes
	return false, start
}

func (k *intake) do(act func() frame.Code) {
	if code := act(); code != 0 {
		k.s.close(code)
	}
}

// hold keeps the reader back while too much is read ahead. The client cannot be heard meanwhile.
func (k *intake) hold() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.stopped && (len(k.ahead) >= aheadMessages || k.bytes >= aheadBytes) {
		k.held = true
		k.changed.Wait()
	}
	k.held = false
}

// holds tells whether the reader is kept back, so that silence says nothing of the client.
func (k *intake) holds() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held
}

// takeAhead takes what was read ahead until there is nothing left.
func (k *intake) takeAhead() {
	for act := k.next(); act != nil; act = k.next() {
		k.do(act)
	}
}

// next waits for the turn of the next, and is nil when there is none.
func (k *intake) next() func() frame.Code {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.stopped && len(k.ahead) > 0 {
		if wait := k.bucket.Take(time.Now()); wait > 0 {
			k.rest(wait)
			continue
		}
		one := k.ahead[0]
		k.ahead[0] = incoming{}
		k.ahead = k.ahead[1:]
		k.bytes -= one.bytes
		k.changed.Broadcast()
		return one.act
	}
	k.ahead, k.taking = nil, false
	return nil
}

// rest waits for a while, or for a change; the caller holds mu.
func (k *intake) rest(wait time.Duration) {
	timer := time.AfterFunc(wait, func() {
		k.mu.Lock() // not before the caller waits
		defer k.mu.Unlock()
		k.changed.Broadcast()
	})
	defer timer.Stop()
	k.changed.Wait()
}

// slot waits until fewer than MaxParallel requests run, and counts one more. free ends that: call it when the
// request has ended, or has turned out to be a subscription; more than once does no harm. Only what put calls
// may call it.
func (k *intake) slot() (free func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.stopped && k.running >= k.s.sockets.MaxParallel {
		k.changed.Wait()
	}
	k.running++
	return sync.OnceFunc(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.running--
		k.changed.Broadcast()
	})
}

// stop lets go of whoever waits. Nothing is taken any more.
func (k *intake) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
	k.changed.Broadcast()
}
