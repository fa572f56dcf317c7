package db

import "parley/db/failure"

// What can be wrong with a database, whichever it is.
var (
	ErrBusy           = failure.ErrBusy
	ErrFull           = failure.ErrFull
	ErrDown           = failure.ErrDown
	ErrUnknownOutcome = failure.ErrUnknownOutcome
	ErrNewer          = failure.ErrNewer
	ErrOlder          = failure.ErrOlder
)
