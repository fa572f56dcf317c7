package db

import (
	"errors"
	"fmt"
	"time"

	"github.com/mattn/go-sqlite3"
)

// portableTime is how a cell holds a moment.
const portableTime = "2006-01-02T15:04:05.000Z"

var errNoTime = errors.New("want a time like 2026-01-31T23:59:59.000Z")

// parseMoment reads a cell and nothing that time.Parse would also take.
func parseMoment(cell []byte) (time.Time, error) {
	if len(cell) != len(portableTime) {
		return time.Time{}, errNoTime
	}
	for i, form := range []byte(portableTime) {
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

// appendFromSQLite makes a cell of what SQLite holds: the driver's text, in UTC. What is finer than a
// millisecond, which no clock of Parley's makes, is cut.
func appendFromSQLite(to []byte, text string) ([]byte, error) {
	const seconds, zone = len("2006-01-02 15:04:05"), "+00:00"
	end := len(text) - len(zone)
	if end < seconds || text[end:] != zone || text[10] != ' ' || end > seconds && text[seconds] != '.' {
		return appendParsed(to, text)
	}
	to = append(append(append(append(to, text[:10]...), 'T'), text[11:seconds]...), '.')
	for i := seconds + 1; i <= seconds+3; i++ {
		if i < end {
			to = append(to, text[i])
		} else {
			to = append(to, '0')
		}
	}
	return append(to, 'Z'), nil
}

func appendParsed(to []byte, text string) ([]byte, error) {
	for _, layout := range sqlite3.SQLiteTimestampFormats {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().AppendFormat(to, portableTime), nil
		}
	}
	return nil, fmt.Errorf("it holds a time that cannot be read")
}

// sqliteMoment is a cell as the driver would write that moment: without zeros at its end, so that texts
// compare as times do.
func sqliteMoment(cell []byte) string {
	end := len(portableTime) - 1
	for cell[end-1] == '0' {
		end--
	}
	if cell[end-1] == '.' {
		end--
	}
	to := make([]byte, 0, len(portableTime)+6)
	to = append(append(append(to, cell[:10]...), ' '), cell[11:end]...)
	return string(append(to, "+00:00"...))
}
