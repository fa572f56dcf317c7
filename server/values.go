package server

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/limit"
)

// A valueError is a setting whose value cannot be. kong puts the setting's name in front.
type valueError struct{ text string }

func (e *valueError) Error() string { return e.text }

func badValue(format string, args ...any) error { return &valueError{fmt.Sprintf(format, args...)} }

var errDuration = badValue("want a duration like 15s, 90m or 90d, at most %.0fd", longestSpan.Hours()/24)

// A duration is Go's form, and days: 15s, 90m, 90d.
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || !(n >= 0 && n*24 <= longestSpan.Hours()) { // NaN is neither
			return errDuration
		}
		*d = duration(n * 24 * float64(time.Hour))
		return nil
	}
	if string(text) == "0" {
		*d = 0
		return nil
	}
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed < 0 || parsed > longestSpan {
		return errDuration
	}
	*d = duration(parsed)
	return nil
}

// A size is bytes: 131072, or 128KiB.
type size int64

func (s *size) UnmarshalText(text []byte) error {
	number, unit := string(text), int64(1)
	for i, suffix := range []string{"KiB", "MiB", "GiB"} {
		if cut, ok := strings.CutSuffix(number, suffix); ok {
			number, unit = cut, int64(1)<<(10*(i+1))
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || n > (1<<40)/unit {
		return badValue("want a size like 131072 or 128KiB, at most 1024GiB")
	}
	*s = size(n * unit)
	return nil
}

// A size has a text for people.
func (s size) String() string {
	for i, suffix := range []string{"GiB", "MiB", "KiB"} {
		if unit := size(1) << (10 * (3 - i)); s >= unit && s%unit == 0 {
			return fmt.Sprintf("%d%s", s/unit, suffix)
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// A ratio is so many in so much time: 10/1s. 0 switches it off.
type ratio struct{ limit.Rate }

func (r *ratio) UnmarshalText(text []byte) error {
	if string(text) == "0" {
		*r = ratio{}
		return nil
	}
	calls, per, ok := strings.Cut(string(text), "/")
	n, err := strconv.Atoi(calls)
	var d duration
	if !ok || err != nil || n < 1 || n > mostCount || d.UnmarshalText([]byte(per)) != nil ||
		time.Duration(d) < time.Millisecond || time.Duration(d) > longestRate {
		return badValue("want a rate like 10/1s, of at most %d in 1ms to %.0fd, or 0 for none", mostCount, longestRate.Hours()/24)
	}
	*r = ratio{limit.Rate{Calls: n, Per: time.Duration(d)}}
	return nil
}

// A count is a number above 0, up to a million.
type count int

func (c *count) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 || n > mostCount {
		return badValue("want a number from 1 to %d", mostCount)
	}
	*c = count(n)
	return nil
}

// A toggle is true or false.
type toggle bool

func (t *toggle) UnmarshalText(text []byte) error {
	b, err := strconv.ParseBool(string(text))
	if err != nil {
		return badValue("want true or false")
	}
	*t = toggle(b)
	return nil
}
