package transport

import "time"

// An answer that has lain for so long is not taken by a client that does what it can.
const longLain = time.Second

// leave has an answer lie until it is taken, and answers who must go for it.
func (x *answers) leave(a *Answer, bytes int64) (out []*Answer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if bytes == 0 || a.cut == nil {
		return nil
	}
	a.lies, a.since, a.place = bytes, time.Now(), x.lying.PushBack(a)
	x.lie += bytes
	for 2*x.lie > x.most {
		one := x.worst(a.since)
		x.lift(one)
		out = append(out, one)
	}
	return out
}

// worst is the oldest answer of whoever has most that have long lain, or else the oldest of all. Something lies.
func (x *answers) worst(now time.Time) *Answer {
	worst := x.lying.Front().Value.(*Answer)
	sums, oldest := map[holder]int64{}, map[holder]*Answer{}
	for e := x.lying.Front(); e != nil; e = e.Next() {
		a := e.Value.(*Answer)
		if now.Sub(a.since) < longLain {
			break
		}
		if sums[a.by] += a.lies; oldest[a.by] == nil {
			oldest[a.by] = a
		}
		if sums[a.by] > sums[worst.by] {
			worst = oldest[a.by]
		}
	}
	return worst
}

// lift takes an answer off those that lie, for who holds mu.
func (x *answers) lift(a *Answer) {
	if a.place == nil {
		return
	}
	x.lying.Remove(a.place)
	a.place = nil
	x.lie -= a.lies
}
