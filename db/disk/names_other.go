//go:build !unix

package disk

// SyncDir has nothing to do: such a system cannot put a directory on disk by itself.
func SyncDir(string) error { return nil }
