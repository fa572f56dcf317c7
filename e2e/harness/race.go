//go:build race

package harness

// RaceEnabled says whether the race detector is built in.
const RaceEnabled = true
