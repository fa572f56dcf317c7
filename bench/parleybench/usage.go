package main

// A usageError is a flag that does not make sense.
type usageError string

func (e usageError) Error() string { return string(e) }
