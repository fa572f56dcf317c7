package ws

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
)

// A setClient follows all logs that its user is in, from what it had last of each.
type setClient struct {
	*modelClient
	m       *setModel
	version int64         // of the set when it was caught up last; -1: never
	at      map[int]int64 // of the last event of each log
	left    map[int]int64 // the places of the last events of logs that have ended
	told    int           // the id of the last of them
}

func newSetClient(m *setModel, i int) *setClient {
	c := &setClient{m: m, version: -1, at: map[int]int64{}, left: map[int]int64{}}
	c.modelClient = &modelClient{
		m: m.model, rng: rand.New(rand.NewPCG(m.rng.Uint64(), 9)), stays: i == 0, slow: m.rng.IntN(3) == 0,
		document: fmt.Sprint("document", m.rng.IntN(2)), user: fmt.Sprint(i % len(m.joined)),
		followed: c.positions, event: c.take,
		ended: func(why string) bool {
			m.t.Errorf("a stream over a set ended: %s", why)
			return false
		},
	}
	return c
}

// positions are the version of the set, and what the client has of each log.
func (c *setClient) positions() []int64 {
	given := []int64{c.version}
	for log := range c.m.logs {
		at, has := c.at[log]
		if !has {
			at = -1
		}
		given = append(given, at)
	}
	return given
}

func (c *setClient) take(text []byte) {
	var got struct {
		Data struct {
			Log, Place, Read, Set int64
			CaughtUp              map[string]int64
			Out                   bool
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		c.m.t.Errorf("got %s %v", text, err)
		return
	}
	log, place := int(got.Data.Log), got.Data.Place
	switch {
	case got.Data.CaughtUp != nil:
		c.current(got.Data.Set, got.Data.CaughtUp)
	case got.Data.Out:
		c.out(log, place)
	default:
		c.may(log, place, got.Data.Read)
		c.next(log, place)
	}
}

// next wants the next place that is shown of a log, or the first behind a joining.
func (c *setClient) next(log int, place int64) {
	at, has := c.at[log]
	c.at[log] = place
	switch {
	case has && nextShown(at) != place:
		c.m.t.Errorf("log %d: place %d came behind %d for %s", log, place, at, c.user)
	case !has && c.version >= 0 && !c.begins(log, func(joined int64) bool { return nextShown(joined) == place }):
		c.m.t.Errorf("log %d: began with place %d for %s, who joined at %v", log, place, c.user, c.m.joins[c.user][log])
	}
}

// begins says whether the user joined a log at such a place, since they left it.
func (c *setClient) begins(log int, fits func(joined int64) bool) bool {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	return slices.ContainsFunc(c.m.joins[c.user][log], func(joined int64) bool { return joined >= c.left[log] && fits(joined) })
}

// may wants what the client is given to have been read before the user was out of the log, if they are now.
func (c *setClient) may(log int, place, read int64) {
	l := c.m.logs[log]
	l.mu.Lock()
	out := l.lastOf(c.user).Place
	l.mu.Unlock()
	if out > 0 && read >= out {
		c.m.t.Errorf("%s was given place %d of log %d, read when it ended at %d, and is out since %d", c.user, place, log, read, out)
	}
}

// out takes the last event of a log.
func (c *setClient) out(log int, place int64) {
	l := c.m.logs[log]
	l.mu.Lock()
	revokes := l.of[place] == c.user || l.deleted && place == int64(len(l.tags))
	l.mu.Unlock()
	at, has := c.at[log]
	if !revokes || has && place <= at || !has && c.version >= 0 && !c.begins(log, func(joined int64) bool { return joined < place }) {
		c.m.t.Errorf("%s was told to be out of log %d at %d, behind %d %v", c.user, log, place, at, has)
	}
	delete(c.at, log)
	c.left[log] = place
}

// current takes what is said of being so.
func (c *setClient) current(version int64, at map[string]int64) {
	delete(at, "")
	if c.told == c.ids {
		c.m.t.Errorf("%s was told twice", c.user)
	}
	c.told = c.ids
	for log := range c.at {
		if _, has := at[strconv.Itoa(log)]; !has {
			c.m.t.Errorf("%s is current, and log %d is not there", c.user, log)
		}
	}
	for name, place := range at {
		log, _ := strconv.Atoi(name)
		was, has := c.at[log]
		if has && (shown(place) > was || place < was) {
			c.m.t.Errorf("log %d: caught up at %d, the last was %d", log, place, was)
		}
		if !has && c.version >= 0 && !c.begins(log, func(joined int64) bool { return joined <= place && nextShown(joined) > place }) {
			c.m.t.Errorf("log %d: caught up at %d, and nothing came", log, place)
		}
		c.at[log] = place
	}
	c.version = version
}

// check wants the client to have everything of the logs that its user is in, and to know that of the others.
func (c *setClient) check() {
	if c.told != c.ids {
		c.m.t.Errorf("%s was not told to be current", c.user)
	}
	for log, l := range c.m.logs {
		joined, in := c.m.joined[c.user][log]
		at, has := c.at[log]
		if !has {
			at = joined.place
		}
		if head := shown(l.head().Place); in && at < head || has && !in {
			c.m.t.Errorf("%s (stays %v, slow %v) has place %d of log %s %v, and is in %v; the head is %d", c.user, c.stays, c.slow, at, l.name, has, in, head)
		}
	}
}
