package cluster

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"parley/e2e/harness"
	"parley/e2e/harness/load"
)

// lags are how long chats were under way from their answers to each reader who was there, in order.
func lags(j *load.Journal, between func(from, to string) bool) []time.Duration {
	sent := map[string]*load.Send{}
	for _, s := range j.Sends {
		sent[s.ID.String()] = s
	}
	var lags []time.Duration
	for _, l := range j.Lives {
		for i, c := range l.Seen {
			s, saw := sent[c.ID.String()], l.Sights[i]
			if s != nil && s.Answered > 0 && between(s.At, saw.At) {
				lags = append(lags, max(0, saw.When-max(s.Answered, l.Began)))
			}
		}
	}
	slices.Sort(lags)
	return lags
}

func anywhere(string, string) bool { return true }

func otherNode(from, to string) bool { return from != to }

func at(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

// leastChats are what a run has to send and read.
const leastChats = 100

// show says how much was tried: a run without chats or readers shows nothing.
func (c *cluster) show(j *load.Journal) {
	c.T.Helper()
	seen := 0
	for _, l := range j.Lives {
		seen += len(l.Seen)
	}
	lags, codes := lags(j, anywhere), map[string]int{}
	for _, k := range c.Cuts.Since(0) {
		codes[strconv.Itoa(int(k.Code))]++
	}
	c.T.Logf("%v: %d chats, read %d times in %d lives, lag p50 %v p99 %v most %v; senders were told %v, streams ended %v",
		time.Since(c.Began).Round(time.Second), len(j.Rows), seen, len(j.Lives), at(lags, 50), at(lags, 99), at(lags, 100), c.told(), codes)
	if len(j.Rows) < leastChats || seen < len(j.Rows) {
		c.T.Error("that is too little to show anything")
	}
}

// until waits until something holds.
func (c *cluster) until(what string, so func() bool) {
	c.T.Helper()
	for end := time.Now().Add(harness.Timeout); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			c.T.Errorf("in vain waited for: %s", what)
			return
		}
	}
}

// ready asks a node whether it is, and returns the status; 0: nobody answers.
func (c *cluster) ready(n int) int {
	client := http.Client{Transport: c.HTTP.Transport, Timeout: harness.Timeout}
	response, err := client.Get("http://" + c.at[n] + "/readyz")
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// streamsAt counts the readers whose last chat came from a node.
func (c *cluster) streamsAt(n int) (streams int) {
	for _, r := range c.Readers {
		if at := r.Serving.Load(); at != nil && *at == c.at[n] {
			streams++
		}
	}
	return streams
}

// nodeWithMostStreams is the node with the most streams.
func (c *cluster) nodeWithMostStreams() (most int) {
	for n := range c.nodes {
		if c.streamsAt(n) > c.streamsAt(most) {
			most = n
		}
	}
	return most
}

// awaitProgress waits until every reader has got something new over a stream, which therefore has begun.
func (c *cluster) awaitProgress() {
	c.T.Helper()
	before := make([]int64, len(c.Readers))
	for i, r := range c.Readers {
		before[i] = r.Streamed.Load()
	}
	c.until("a chat at each reader", func() bool {
		for i, r := range c.Readers {
			if r.Streamed.Load() == before[i] {
				return false
			}
		}
		return true
	})
}
