// Package fair has a few goroutines do what is due, where whoever has cost least comes first: virtual time, as in Demers,
// Keshav and Shenker, Analysis and simulation of a fair queueing algorithm, 1989. It knows nothing of what is done.
package fair

import (
	"container/heap"
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"parley/transport/safe"
)

// Workers serve tasks: as many goroutines as there are processors while there is something to do, and none while there
// is not.
type Workers struct {
	logger *slog.Logger

	mu      sync.Mutex // guards all below, all queues, and the states of tasks
	waiting queues
	spent   time.Duration // of the queue that was taken from last
	running int
	served  time.Time // when a task was served last
}

// New makes workers. The logger is told of panics in tasks.
func New(logger *slog.Logger) *Workers { return &Workers{logger: logger} }

// A Task is served when it is due, by one goroutine at a time.
type Task struct {
	Serve  func()
	Queue  func() *Queue // where it stands in line when it becomes due; must not block
	Shares func() int64  // its time is divided by this

	state state
}

// A Queue is the tasks that are due of one owner, in the order in which they became so, and what they have cost.
type Queue struct {
	tasks []*Task
	spent time.Duration
	index int // in waiting
}

type state uint8

const (
	resting state = iota
	listed
	served
	servedAndDue // once more
)

// Workers are busy as long as they have served a task so short a time ago.
const busy = 100 * time.Millisecond

// AreBusy tells whether they have just served something.
func (x *Workers) AreBusy(now time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return now.Sub(x.served) < busy
}

// Add has a task served, once more if it is being served. It never blocks for long.
func (x *Workers) Add(t *Task) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch t.state {
	case listed, servedAndDue:
		return
	case served:
		t.state = servedAndDue
		return
	}
	x.list(t)
	if x.running < runtime.GOMAXPROCS(0) {
		x.running++
		go safe.Run(context.Background(), x.logger, x.work, nil)
	}
}

// list puts a task behind the others of its queue. Time that a queue did not use is not saved up.
func (x *Workers) list(t *Task) {
	t.state = listed
	q := t.Queue()
	q.tasks = append(q.tasks, t)
	if len(q.tasks) == 1 {
		q.spent = max(q.spent, x.spent)
		heap.Push(&x.waiting, q)
	}
}

func (x *Workers) work() {
	for {
		t, q := x.take()
		if t == nil {
			return
		}
		begun := time.Now()
		safe.Run(context.Background(), x.logger, t.Serve, nil)
		x.done(t, q, time.Since(begun))
	}
}

func (x *Workers) take() (*Task, *Queue) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.waiting) == 0 {
		x.running--
		x.waiting = nil
		return nil, nil
	}
	q := x.waiting[0]
	x.spent = q.spent
	t := q.tasks[0]
	q.tasks[0] = nil
	if q.tasks = q.tasks[1:]; len(q.tasks) == 0 {
		q.tasks = nil
		heap.Pop(&x.waiting)
	}
	t.state = served
	return t, q
}

// done puts a task that became due meanwhile behind all others of its queue.
func (x *Workers) done(t *Task, q *Queue, took time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.served = time.Now()
	q.spent += took / time.Duration(max(1, t.Shares()))
	if len(q.tasks) > 0 {
		heap.Fix(&x.waiting, q.index)
	}
	if t.state == servedAndDue {
		x.list(t)
		return
	}
	t.state = resting
}

// queues are a heap, those that have spent least in front.
type queues []*Queue

func (x queues) Len() int           { return len(x) }
func (x queues) Less(i, j int) bool { return x[i].spent < x[j].spent }
func (x queues) Swap(i, j int) {
	x[i], x[j] = x[j], x[i]
	x[i].index, x[j].index = i, j
}

// Push and Pop are heap's.
func (x *queues) Push(v any) {
	q := v.(*Queue)
	q.index = len(*x)
	*x = append(*x, q)
}

// Pop takes off the last.
func (x *queues) Pop() any {
	old := *x
	q := old[len(old)-1]
	old[len(old)-1] = nil
	*x = old[:len(old)-1]
	return q
}
