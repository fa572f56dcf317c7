package ws

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"parley/transport/stream"
)

// revocations are those of a modelLog, guarded by its lock. They are about users of the model, of whom some may read on
// afterwards, and in the end perhaps about everybody.
type revocations struct {
	of      map[int64]string // by place
	out     map[string]int64 // the places behind which users may not read any more
	deleted bool             // behind the last place there is nothing
}

// revoke has the newest place revoke somebody now and then; last: or everybody.
func (l *modelLog) revoke(rng *rand.Rand, last bool) {
	place := int64(len(l.tags))
	switch {
	case last:
		if l.deleted = rng.IntN(4) == 0 && place > 0; l.deleted {
			l.tags = append(l.tags, 1+rng.Int64N(1<<60))
		}
	case rng.IntN(12) == 0:
		user := fmt.Sprint(rng.IntN(6))
		l.of[place] = user
		if rng.IntN(2) == 0 && l.out[user] == 0 {
			l.out[user] = place
		}
	}
}

// revocation is that at a place. l.mu is held.
func (l *modelLog) revocation(place int64) *stream.Revocation {
	switch {
	case l.deleted && place == int64(len(l.tags)):
		return &stream.Revocation{Why: l.end()}
	case l.of[place] != "":
		return &stream.Revocation{Of: l.of[place], Why: errors.New("nobody was judged")}
	}
	return nil
}

// end is what ends a stream whose last log it is, and refuses another.
func (l *modelLog) end() error { return fmt.Errorf("out of %s", l.name) }

// lastOf is the last event that a user is given; zero: they may read on. l.mu is held.
func (l *modelLog) lastOf(user string) (e stream.Event) {
	place := l.out[user]
	if place == 0 && l.deleted {
		place = int64(len(l.tags))
	}
	if place > 0 {
		e.Position = stream.Position{Place: place, Tag: l.tags[place-1]}
		e.Object = fmt.Sprintf(`{"log":%s,"place":%d,"out":true}`, l.name, place)
	}
	return e
}

// standing is where the log ends, and of the same state the last event that a user is given; zero: they may read on.
func (l *modelLog) standing(user string) (head stream.Position, last stream.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at(int64(len(l.tags))), l.lastOf(user)
}

// judge is the verdict about a user. It takes time, and fails.
func (l *modelLog) judge(user string) (stream.Verdict, error) {
	l.mu.Lock()
	takes, fails := time.Duration(l.rng.IntN(3))*time.Millisecond, l.failing && l.rng.IntN(10) == 0
	l.mu.Unlock()
	time.Sleep(takes)
	if fails {
		return stream.Verdict{}, errors.New("the database is gone for a moment")
	}
	head, last := l.standing(user)
	if last.Place > 0 {
		return stream.Verdict{Why: l.end(), Last: last}, nil
	}
	return stream.Verdict{Head: head}, nil
}

// judges is what judges the user of a stream.
func judges(user string, logs []*modelLog) func(context.Context, string) (stream.Verdict, error) {
	return func(_ context.Context, log string) (stream.Verdict, error) {
		i := slices.IndexFunc(logs, func(l *modelLog) bool { return l.name == log })
		return logs[i].judge(user)
	}
}

// revoked is the newest place that revokes somebody. l.mu is held.
func (l *modelLog) revoked() (place int64) {
	for at := range l.of {
		place = max(place, at)
	}
	return place
}

// followedLogs are the positions of the logs that the client follows still, -1 for the others; nil: it follows none.
func (c *modelClient) followedLogs() []int64 {
	at := slices.Clone(c.places)
	if !c.both {
		at = at[:1]
	}
	for i := range at {
		if c.out[i] {
			at[i] = -1
		}
	}
	if slices.Max(at) < 0 {
		return nil
	}
	return at
}

// endedLog wants the end of a stream, or the refusal of one, to have its reason. It says whether the client begins anew.
func (c *modelClient) endedLog(why string) (again bool) {
	for i, l := range c.m.logs {
		if why != l.end().Error() {
			continue
		}
		l.mu.Lock()
		out := l.lastOf(c.user).Place > 0
		l.mu.Unlock()
		if !out {
			c.m.t.Errorf("log %d ended for %s, who may read it", i, c.user)
		}
		c.out[i] = true
		return c.followed() != nil
	}
	c.m.t.Errorf("a stream ended: %s", why)
	return false
}

// beyond wants a place to be none that the client may not be given, and to have been read before they could not.
func (c *modelClient) beyond(log, place, read int64) {
	l := c.m.logs[log]
	l.mu.Lock()
	out := l.lastOf(c.user).Place
	l.mu.Unlock()
	if c.out[int(log)] || out > 0 && place > out {
		c.m.t.Errorf("%s was given place %d of log %d, behind the last, %d", c.user, place, log, out)
	}
	if out > 0 && read >= out {
		c.m.t.Errorf("%s was given place %d of log %d, read when it ended at %d, behind the last, %d", c.user, place, log, read, out)
	}
}

// knows wants the client to have been told if it may not read a log any more.
func (c *modelClient) knows(log int) {
	l := c.m.logs[log]
	l.mu.Lock()
	out := l.lastOf(c.user).Place > 0
	l.mu.Unlock()
	if out != c.out[log] {
		c.m.t.Errorf("%s is out of log %d: %v, and was told: %v", c.user, log, out, c.out[log])
	}
}
