package settings

import (
	"cmp"
	"fmt"
	"time"

	"parley/graph"
)

// What is outside these can only be a mistake: the server would spin or never work, or a limit would be none.
// Each leaves room for sums and products of two values.
const (
	mostCount   = 1_000_000
	longestSpan = 36_500 * 24 * time.Hour // of anything
	longestRate = 31 * 24 * time.Hour     // so long a bucket is kept for each who asked
	shortest    = 10 * time.Millisecond   // of what the server waits for
	longest     = 24 * time.Hour
)

// checkRanges looks at what is no wait and has a range of its own.
func (c *Config) checkRanges() error {
	for _, s := range []struct {
		name        string
		value       Size
		least, most Size
	}{
		{"HTTP_MAX_BODY", c.HTTPMaxBody, 1 << 10, 64 << 20},
		{"HTTP_MAX_HEADER", c.HTTPMaxHeader, headerSlop + 1, 1 << 20},
		{"WS_MAX_MESSAGE", c.WSMaxMessage, 1 << 10, 64 << 20},
		{"WINDOW_TOTAL", c.WindowTotal, 1 << 10, 64 << 30},
		{"ANSWERS_TOTAL", c.AnswersTotal, 1, 64 << 30},
		{"SQLITE_WAL_MAX", c.SQLiteWALMax, 1 << 20, 1 << 40},
	} {
		if err := inRange(s.name, s.value, s.least, s.most); err != nil {
			return err
		}
	}
	if least := leastAnswers(c.GQLMaxCost); c.AnswersTotal < least {
		return fmt.Errorf("PARLEY_ANSWERS_TOTAL: %v is below %v, which PARLEY_GQL_MAX_COST %v needs: one operation gets a fifth of it", c.AnswersTotal, least, c.GQLMaxCost)
	}
	if err := inRange("DATABASE_CONNECTIONS", c.DatabaseConnections, 4, 10_000); err != nil {
		return err
	}
	if err := inRange("REFRESH_REUSE_WINDOW", time.Duration(c.RefreshReuseWindow), 0, longest); err != nil {
		return err
	}
	if err := inRange("REFRESH_RETRY_WINDOW", time.Duration(c.RefreshRetryWindow), 0, longest); err != nil {
		return err
	}
	if c.DrainDelay >= c.DrainTimeout {
		return fmt.Errorf("PARLEY_DRAIN_DELAY: %v is not below PARLEY_DRAIN_TIMEOUT, %v, of which it is a part", time.Duration(c.DrainDelay), time.Duration(c.DrainTimeout))
	}
	return nil
}

// leastAnswers has room for what may cost most, in whole MiB.
func leastAnswers(maxCost Count) Size {
	const unit = 1 << 20
	return Size(graph.LeastAnswers(int(maxCost))+unit-1) / unit * unit
}

func inRange[T cmp.Ordered](name string, value, least, most T) error {
	if value < least || value > most {
		return fmt.Errorf("PARLEY_%s: %v is not between %v and %v", name, value, least, most)
	}
	return nil
}

// net/http reads so many bytes beyond its limit before it refuses headers as too large.
const headerSlop = 4096

// MaxHeaderBytes is HTTPMaxHeader as http.Server wants it.
func (c *Config) MaxHeaderBytes() int { return int(c.HTTPMaxHeader) - headerSlop }
