//go:build !race

package roomlog

const raceEnabled = false
