package chat_test

import (
	"slices"
	"testing"
	"time"

	"parley/chat"
)

// BenchmarkSendBesidePurge compares what others wait for a send while a room of 650,000 chats is deleted and purged
// with what they wait alone: the 99th percentiles of both, and their ratio. It ends with the purge.
func BenchmarkSendBesidePurge(b *testing.B) {
	const n = 650_000
	for b.Loop() {
		w := newWorld(b, chat.Options{})
		ann := w.person("ann")
		large := w.room(ann, "large")
		w.room(ann, "general")
		w.fill(ann, large, n)
		sends := func(until func() bool) (p99, longest time.Duration) {
			var took []time.Duration
			for i := 0; i%256 != 0 || !until(); i++ {
				began := time.Now()
				w.send(ann, "general", "hello there, this is a chat")
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			return took[len(took)*99/100], took[len(took)-1]
		}
		end := time.Now().Add(5 * time.Second)
		alone, longestAlone := sends(func() bool { return time.Now().After(end) })
		began := time.Now()
		if _, err := w.DeleteRoom(b.Context(), ann, "large"); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "ms/deletion")
		beside, longest := sends(func() bool { chats, events := w.left(large.ID); return chats == 0 && events == 1 })
		b.ReportMetric(time.Since(began).Seconds(), "s/purge")
		b.ReportMetric(float64(alone.Microseconds())/1000, "ms-p99-alone")
		b.ReportMetric(float64(beside.Microseconds())/1000, "ms-p99-beside")
		b.ReportMetric(float64(longestAlone.Microseconds())/1000, "ms-longest-alone")
		b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest-beside")
		b.ReportMetric(float64(beside)/float64(alone), "ratio")
	}
}
