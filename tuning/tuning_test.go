package tuning

import (
	"runtime"
	"testing"
)

func TestGrowthFollowsWhatLives(t *testing.T) {
	for live, want := range map[uint64]int{0: 300, 1 << 20: 300, 10 << 20: 300, 16 << 20: 200, 20 << 20: 150, 64 << 20: 50, 1 << 30: 50} {
		if got := growth(live); got != want {
			t.Errorf("%d MiB: %d %%, want %d", live>>20, got, want)
		}
	}
}

// Work of low priority runs beside the usual threads, and takes the one that it adds along when it ends.
func TestLowPriorityRunsBesideTheOthers(t *testing.T) {
	before, during := runtime.GOMAXPROCS(0), 0
	LowPriority(func() { during = runtime.GOMAXPROCS(0) })
	want := before
	if runtime.GOOS == "linux" {
		want++
	}
	if after := runtime.GOMAXPROCS(0); during != want || after != before {
		t.Errorf("%d threads, then %d, then %d", before, during, after)
	}
}

func TestWhatWasDroppedIsCollected(t *testing.T) {
	var g Garbage
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	g.Dropped(1 << 40)
	runtime.ReadMemStats(&after)
	if after.NumGC == before.NumGC || g.bytes.Load() != 0 {
		t.Errorf("%d collections before, %d after, %d bytes counted", before.NumGC, after.NumGC, g.bytes.Load())
	}
	g.Dropped(1)
	if g.bytes.Load() != 1 {
		t.Errorf("%d bytes counted", g.bytes.Load())
	}
}
