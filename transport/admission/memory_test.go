package admission

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// What lives counts against the limit, and garbage does not: a collector that has a limit lets it grow to there.
func TestMemoryIsScarce(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	debug.SetMemoryLimit(math.MaxInt64)
	runtime.GC()
	if new(memory).isScarce(time.Now()) {
		t.Error("scarce without a limit")
	}
	const kept = 64 << 20
	used, _ := memoryInUse()
	debug.SetMemoryLimit(int64(used) + kept)
	for range 15 { // fifteen sixteenths of what is left
		sink = make([]byte, kept/16)
	}
	sink = nil
	if used, limit := memoryInUse(); new(memory).isScarce(time.Now()) {
		t.Errorf("garbage counts: %d of %d bytes", used, limit)
	}
	var lives [15][]byte
	for i := range lives {
		lives[i] = make([]byte, kept/16)
	}
	runtime.GC()
	if used, limit := memoryInUse(); !new(memory).isScarce(time.Now()) {
		t.Errorf("%d of %d bytes are in use, and not scarce", used, limit)
	}
	runtime.KeepAlive(lives)
}

var sink []byte

// The runtime is asked at most once a second.
func TestMemoryIsAskedSeldom(t *testing.T) {
	m, now := memory{}, time.Unix(1_800_000_000, 0)
	if m.isScarce(now) {
		t.Fatal("scarce")
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1))
	if m.isScarce(now.Add(999 * time.Millisecond)) {
		t.Error("asked twice in a second")
	}
	if !m.isScarce(now.Add(time.Second)) {
		t.Error("not asked again")
	}
}
