//go:build race

package roomlog

const raceEnabled = true
