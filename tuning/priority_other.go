//go:build !linux

package tuning

// LowPriority runs work, with the priority of all other: only Linux has priorities of single threads.
func LowPriority(work func()) { work() }
