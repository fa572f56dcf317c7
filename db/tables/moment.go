package tables

import (
	"errors"
	"time"
)

// MomentForm is the form of a cell that holds a moment, as time.Format takes it.
const MomentForm = "2006-01-02T15:04:05.000Z"

var errNoTime = errors.New("want a time like 2026-01-31T23:59:59.000Z")

// ParseMoment reads a cell and nothing that time.Parse would also take.
func ParseMoment(cell []byte) (time.Time, error) {
	if len(cell) != len(MomentForm) {
		return time.Time{}, errNoTime
	}
	for i, form := range []byte(MomentForm) {
		digit := form >= '0' && form <= '9'
		if got := cell[i]; digit && (got < '0' || got > '9') || !digit && got != form {
			return time.Time{}, errNoTime
		}
	}
	number := func(from, to int) (n int) {
		for _, b := range cell[from:to] {
			n = n*10 + int(b-'0')
		}
		return n
	}
	day, hour, minute, second := number(8, 10), number(11, 13), number(14, 16), number(17, 19)
	t := time.Date(number(0, 4), time.Month(number(5, 7)), day, hour, minute, second, number(20, 23)*1e6, time.UTC)
	if t.Year() != number(0, 4) || int(t.Month()) != number(5, 7) || t.Day() != day || t.Hour() != hour || t.Minute() != minute || t.Second() != second {
		return time.Time{}, errNoTime // time.Date makes March of a 30th of February
	}
	return t, nil
}
