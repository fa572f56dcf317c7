package archive

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"parley/db/tables"
)

// A line reads one line: a JSON object of strings, whole numbers and nulls. Its fields stand in any order
// behind the first, each once. It is stricter than encoding/json, which takes names in any case, bad UTF-8 and
// half surrogates, and three times as fast.
type line struct {
	in      []byte
	at      int
	scratch []byte // what strings with escapes say
}

var (
	errNoJSON  = errors.New("want one JSON object of strings, whole numbers and nulls")
	errBadText = errors.New("a text is not UTF-8 or holds U+0000")
)

// first reads the first field, whose value is a string.
func (l *line) first() (name, value []byte, err error) {
	if !l.take('{') {
		return nil, nil, errNoJSON
	}
	if name, err = l.text(); err != nil {
		return nil, nil, err
	}
	if !l.take(':') {
		return nil, nil, errNoJSON
	}
	value, err = l.text()
	return name, value, err
}

// rest reads the other fields into the cells of a row and wants the end of the line behind them. The cells
// are good as long as the line is.
func (l *line) rest(t *tables.Table, row [][]byte) error {
	var seen uint64
	for next := 0; !l.take('}'); next++ {
		at, err := l.column(t, next)
		switch {
		case err != nil:
			return err
		case seen&(1<<at) != 0:
			return fmt.Errorf("%s.%s is there twice", t.Name, t.Columns[at].Name)
		case !l.take(':'):
			return errNoJSON
		}
		if row[at], err = l.value(&t.Columns[at]); err != nil {
			return fmt.Errorf("%s.%s: %w", t.Name, t.Columns[at].Name, err)
		}
		seen, next = seen|1<<at, at
	}
	for i, c := range t.Columns {
		if seen&(1<<i) == 0 {
			return fmt.Errorf("%s.%s is missing", t.Name, c.Name)
		}
	}
	if l.space(); l.at != len(l.in) {
		return errNoJSON
	}
	return nil
}

// column reads the name of the next field, which is probably that of the column next.
func (l *line) column(t *tables.Table, next int) (at int, err error) {
	if !l.take(',') {
		return 0, errNoJSON
	}
	name, err := l.text()
	if err != nil {
		return 0, err
	}
	if at = t.Find(name, next); at < 0 {
		return 0, fmt.Errorf("%s has no field %.40q", t.Name, name)
	}
	return at, nil
}

// value reads a cell of a column.
func (l *line) value(c *tables.Column) ([]byte, error) {
	l.space()
	if bytes.HasPrefix(l.in[l.at:], []byte("null")) {
		l.at += len("null")
		if !c.Null {
			return nil, errors.New("it cannot be null")
		}
		return nil, nil
	}
	switch c.Kind {
	case tables.Count:
		return l.number()
	case tables.Flag:
		return l.word("true or null", "true")
	case tables.Bool:
		return l.word("true or false", "true", "false")
	}
	cell, err := l.text()
	if err != nil {
		return nil, err
	}
	switch c.Kind {
	case tables.UID:
		if err = checkUID(cell); errors.Is(err, errNilUID) && c.Nobody {
			err = nil
		}
	case tables.Moment:
		_, err = tables.ParseMoment(cell)
	case tables.Wide:
		_, err = whole(cell, 63)
	case tables.Octets:
		return l.octets(cell)
	}
	return cell, err
}

func (l *line) number() ([]byte, error) {
	from := l.at
	for l.at < len(l.in) && (l.in[l.at] >= '0' && l.in[l.at] <= '9' || l.in[l.at] == '-' || l.in[l.at] == '.') {
		l.at++
	}
	return whole(l.in[from:l.at], 53)
}

// word reads one of some words.
func (l *line) word(want string, words ...string) ([]byte, error) {
	for _, word := range words {
		if bytes.HasPrefix(l.in[l.at:], []byte(word)) {
			l.at += len(word)
			return []byte(word), nil
		}
	}
	return nil, errors.New("want " + want)
}

// whole wants digits without leading zeros, of a number below 2 to the power of bits.
func whole(digits []byte, bits int) ([]byte, error) {
	if _, err := strconv.ParseUint(string(digits), 10, bits); err != nil || len(digits) > 1 && digits[0] == '0' {
		return nil, fmt.Errorf("want a whole number from 0 to 2^%d-1", bits)
	}
	return digits, nil
}

func (l *line) octets(cell []byte) ([]byte, error) {
	strict := base64.StdEncoding.Strict()
	out := make([]byte, strict.DecodedLen(len(cell)))
	n, err := strict.Decode(out, cell)
	if err != nil || bytes.ContainsAny(cell, "\r\n") {
		return nil, errors.New("want base64")
	}
	return out[:n], nil
}

const nilUID = "00000000-0000-0000-0000-000000000000"

var errNilUID = errors.New("the nil UUID is no id")

func checkUID(cell []byte) error {
	switch {
	case !isUID(cell):
		return errors.New("want a UUID in lower case")
	case string(cell) == nilUID:
		return errNilUID
	}
	return nil
}

func isUID(cell []byte) bool {
	if len(cell) != 36 {
		return false
	}
	for i, b := range cell {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := b >= '0' && b <= '9' || b >= 'a' && b <= 'f'
		if dash != (b == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

func (l *line) space() {
	for l.at < len(l.in) && (l.in[l.at] == ' ' || l.in[l.at] == '\t' || l.in[l.at] == '\r') {
		l.at++
	}
}

// take takes one character behind any space, if it comes next.
func (l *line) take(b byte) bool {
	l.space()
	if l.at == len(l.in) || l.in[l.at] != b {
		return false
	}
	l.at++
	return true
}
