package budget

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// An Answer is what one query or mutation takes of the node's memory. Safe for concurrent use.
type Answer struct {
	of  *Answers
	by  Holder
	cut func() // ends its connection; nil: it cannot be ended

	// Guarded by the lock of Answers.
	untaken int64         // bytes, while they are made and not taken
	since   time.Time     // when it was made
	element *list.Element // in Answers.untaken

	mu      sync.Mutex // guards all below; taken before the lock of Answers
	text    int64      // that was read for it
	room    int64      // that is left of what is charged, for more text
	charged int64
}

// New makes an answer for a holder. cut ends the connection that takes it; nil: it cannot be ended.
func (x *Answers) New(by Holder, cut func()) *Answer { return &Answer{of: x, by: by, cut: cut} }

type answerKey struct{}

// WithAnswer is a context in which an answer is made.
func WithAnswer(ctx context.Context, a *Answer) context.Context {
	return context.WithValue(ctx, answerKey{}, a)
}

// AnswerOf is the answer that is being made with ctx, nil: none, or an event of a stream.
func AnswerOf(ctx context.Context) *Answer {
	a, _ := ctx.Value(answerKey{}).(*Answer)
	return a
}

// Begin counts what the operation will take besides text. It waits until there is room for that, or ctx ends:
// ErrManyAnswers.
func (a *Answer) Begin(ctx context.Context, bytes int) error {
	if err := a.await(ctx, int64(bytes), leastCharge); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.room += leastCharge
	return nil
}

// await charges so many bytes, and more with them. They need no room if they are few.
func (a *Answer) await(ctx context.Context, bytes, more int64) error {
	if bytes <= leastCharge {
		a.of.Give(a.by, -bytes-more)
	} else if err := a.of.await(ctx, a.by, bytes+more); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.charged += bytes + more
	return nil
}

// Read counts text that is read for the answer. ErrLargeAnswer, ErrManyAnswers.
func (a *Answer) Read(bytes int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.text += int64(bytes); a.text > MaxAnswer {
		return ErrLargeAnswer
	}
	if lacking := int64(bytes) - a.room; lacking > 0 {
		lacking = max(lacking, leastCharge)
		if err := a.charge(lacking); err != nil {
			return err
		}
		a.room += lacking
	}
	a.room -= int64(bytes)
	return nil
}

// charge is called under the lock.
func (a *Answer) charge(bytes int64) error {
	if !a.of.Take(a.by, bytes) {
		return ErrManyAnswers
	}
	a.charged += bytes
	return nil
}

// Write counts the answer itself before it is written. ErrLargeAnswer, ErrManyAnswers.
func (a *Answer) Write(bytes int) error {
	if bytes > MaxAnswer {
		return ErrLargeAnswer
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if bytes <= leastCharge {
		a.of.Give(a.by, -int64(bytes))
		a.charged += int64(bytes)
		return nil
	}
	return a.charge(int64(bytes))
}

// AwaitWrite is Write for an answer whose operation cannot be taken back: it waits until there is room, or ctx ends.
// How large such an answer can be has been asked before. ErrManyAnswers.
func (a *Answer) AwaitWrite(ctx context.Context, bytes int) error {
	return a.await(ctx, int64(bytes), 0)
}

// ChargeResult charges for what the answer has become, and no longer for what was read for it. From then on it is untaken.
func (a *Answer) ChargeResult(bytes int) {
	a.mu.Lock()
	a.of.Give(a.by, a.charged-int64(bytes))
	a.charged = int64(bytes)
	a.mu.Unlock()
	for _, one := range a.of.keep(a, int64(bytes)) {
		one.cut()
	}
}

// Taken is called once the client has the answer, or never will have it. nil: nothing was held for it.
func (a *Answer) Taken() {
	if a == nil {
		return
	}
	a.of.mu.Lock()
	a.of.remove(a)
	a.of.mu.Unlock()
	a.ChargeResult(0)
}
