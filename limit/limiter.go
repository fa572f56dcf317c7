package limit

import "time"

// Limiter counts in one bucket, which is full at first. The lock of its owner guards it.
type Limiter struct {
	bucket Bucket
	memory
}

// NewLimiter is a limiter with that bucket.
func NewLimiter(b Bucket) *Limiter { return &Limiter{bucket: b} }

// Take takes a token. wait > 0: there is none for so long, and none was taken.
func (l *Limiter) Take(now time.Time) (wait time.Duration) {
	l.memory, wait = l.take(l.bucket, now)
	return wait
}

// Left is how many tokens there are, the one that is coming back included.
func (l *Limiter) Left(now time.Time) int {
	if l.bucket.Size == 0 || !l.full.After(now) {
		return l.bucket.Size
	}
	return max(0, l.bucket.Size-int(l.full.Sub(now)/l.bucket.Step))
}
