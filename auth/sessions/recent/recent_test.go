package recent

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
)

func TestCache(t *testing.T) {
	c, now, id := New(), time.Now(), uuid.New()
	live := State{User: &auth.User{}}
	if c.Look(id, now).Known() {
		t.Error("knows what it never saw")
	}
	c.Read(id, live, now)
	if c.Look(id, now.Add(Trust-1)) != live || c.Look(id, now.Add(Trust)).Known() {
		t.Error("a read is trusted for another time than 2 s")
	}
	if fresh := c.End([]uuid.UUID{id}, auth.ReasonLogout, now); len(fresh) != 1 {
		t.Error("an end is not news")
	}
	if fresh := c.End([]uuid.UUID{id}, auth.ReasonLogout, now); len(fresh) != 0 {
		t.Error("an end is news twice")
	}
	if got := c.Read(id, live, now.Add(time.Second)); got.Reason != auth.ReasonLogout {
		t.Error("a read revives an end")
	}
	if c.Look(id, now.Add(EndedStays-1)).Reason != auth.ReasonLogout || c.Look(id, now.Add(EndedStays)).Known() {
		t.Error("an end stays for another time than 60 s")
	}
	c.Prune(now.Add(EndedStays))
	if len(c.ends)+len(c.reads) != 0 {
		t.Error("old entries stay")
	}
}

func TestCacheIsBounded(t *testing.T) {
	c, now := New(), time.Now()
	c.limit = 10
	ended := uuid.New()
	c.End([]uuid.UUID{ended}, auth.ReasonLogout, now)
	for range 100 {
		id := uuid.New()
		c.Read(id, State{User: &auth.User{}}, now)
		c.Use(id)
		if !c.Look(id, now).Known() {
			t.Error("the newest was put out")
		}
	}
	if len(c.reads) != 10 || len(c.used) != 10 {
		t.Errorf("%d reads, %d used", len(c.reads), len(c.used))
	}
	if c.Look(ended, now).Reason != auth.ReasonLogout {
		t.Error("an end was forgotten")
	}
}
