package budget

import "time"

// An answer that has waited for its client so long is not taken by one that does what it can.
const longUntaken = time.Second

// keep has an answer wait for its client, and returns who must go for it.
func (x *Answers) keep(a *Answer, bytes int64) (out []*Answer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if bytes == 0 || a.cut == nil {
		return nil
	}
	a.untaken, a.since, a.element = bytes, time.Now(), x.untaken.PushBack(a)
	x.untakenBytes += bytes
	for 2*x.untakenBytes > x.most {
		one := x.worst(a.since)
		x.remove(one)
		out = append(out, one)
	}
	return out
}

// worst is the oldest answer of whoever has most that have waited long, or else the oldest of all. Some wait.
func (x *Answers) worst(now time.Time) *Answer {
	worst := x.untaken.Front().Value.(*Answer)
	sums, oldest := map[Holder]int64{}, map[Holder]*Answer{}
	for e := x.untaken.Front(); e != nil; e = e.Next() {
		a := e.Value.(*Answer)
		if now.Sub(a.since) < longUntaken {
			break
		}
		if sums[a.by] += a.untaken; oldest[a.by] == nil {
			oldest[a.by] = a
		}
		if sums[a.by] > sums[worst.by] {
			worst = oldest[a.by]
		}
	}
	return worst
}

// remove takes an answer off those that wait, for who holds mu.
func (x *Answers) remove(a *Answer) {
	if a.element == nil {
		return
	}
	x.untaken.Remove(a.element)
	a.element = nil
	x.untakenBytes -= a.untaken
}
