// Package tuning tunes the process for the machine it runs on: the pace of the garbage collector, and the
// priority of work that must not hold up requests together with the number of threads that may run Go code.
// It rests on what runtime and kernel offer and knows nothing of what the work is.
package tuning
