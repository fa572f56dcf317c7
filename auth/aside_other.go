//go:build !linux

package auth

// aside runs a hash. Priorities of single threads are a thing of Linux.
func aside(hash func()) { hash() }
