package report

// A UsageError is a flag that does not make sense.
type UsageError string

func (e UsageError) Error() string { return string(e) }
