package sessions

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
)

func TestCache(t *testing.T) {
	c, now, id := newCache(), time.Now(), uuid.New()
	live := state{user: &auth.User{}}
	if c.look(id, now).known() {
		t.Error("knows what it never saw")
	}
	c.read(id, live, now)
	if c.look(id, now.Add(trust-1)) != live || c.look(id, now.Add(trust)).known() {
		t.Error("a read is trusted for another time than 2 s")
	}
	if fresh := c.end([]uuid.UUID{id}, auth.ReasonLogout, now); len(fresh) != 1 {
		t.Error("an end is not news")
	}
	if fresh := c.end([]uuid.UUID{id}, auth.ReasonLogout, now); len(fresh) != 0 {
		t.Error("an end is news twice")
	}
	if got := c.read(id, live, now.Add(time.Second)); got.reason != auth.ReasonLogout {
		t.Error("a read revives an end")
	}
	if c.look(id, now.Add(endedStays-1)).reason != auth.ReasonLogout || c.look(id, now.Add(endedStays)).known() {
		t.Error("an end stays for another time than 60 s")
	}
	c.prune(now.Add(endedStays))
	if len(c.ends)+len(c.reads) != 0 {
		t.Error("old entries stay")
	}
}

func TestCacheIsBounded(t *testing.T) {
	c, now := newCache(), time.Now()
	c.limit = 10
	ended := uuid.New()
	c.end([]uuid.UUID{ended}, auth.ReasonLogout, now)
	for range 100 {
		id := uuid.New()
		c.read(id, state{user: &auth.User{}}, now)
		c.use(id)
		if !c.look(id, now).known() {
			t.Error("the newest was put out")
		}
	}
	if len(c.reads) != 10 || len(c.used) != 10 {
		t.Errorf("%d reads, %d used", len(c.reads), len(c.used))
	}
	if c.look(ended, now).reason != auth.ReasonLogout {
		t.Error("an end was forgotten")
	}
}
