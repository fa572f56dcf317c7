package archive

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string.
func (l *line) text() ([]byte, error) {
	if !l.take('"') {
		return nil, errNoJSON
	}
	from, ascii := l.at, true
	for ; l.at < len(l.in); l.at++ {
		switch b := l.in[l.at]; {
		case b == '"':
			text := l.in[from:l.at]
			l.at++
			if !ascii && !utf8.Valid(text) {
				return nil, errBadText
			}
			return text, nil
		case b == '\\':
			return l.escaped(from)
		case b < ' ':
			return nil, errNoJSON
		case b >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, errNoJSON
}

// escaped reads on at the first escape of a string.
func (l *line) escaped(from int) ([]byte, error) {
	start := len(l.scratch)
	l.scratch = append(l.scratch, l.in[from:l.at]...)
	for l.at < len(l.in) {
		b := l.in[l.at]
		l.at++
		switch {
		case b == '"':
			text := l.scratch[start:len(l.scratch):len(l.scratch)]
			if !utf8.Valid(text) {
				return nil, errBadText
			}
			return text, nil
		case b < ' ':
			return nil, errNoJSON
		case b != '\\':
			l.scratch = append(l.scratch, b)
			continue
		}
		if err := l.escape(); err != nil {
			return nil, err
		}
	}
	return nil, errNoJSON
}

// escape reads what stands behind a backslash.
func (l *line) escape() error {
	if l.at == len(l.in) {
		return errNoJSON
	}
	b := l.in[l.at]
	l.at++
	switch b {
	case '"', '\\', '/':
	case 'b':
		b = '\b'
	case 'f':
		b = '\f'
	case 'n':
		b = '\n'
	case 'r':
		b = '\r'
	case 't':
		b = '\t'
	case 'u':
		return l.unicode()
	default:
		return errNoJSON
	}
	l.scratch = append(l.scratch, b)
	return nil
}

func (l *line) unicode() error {
	r := l.unit()
	if utf16.IsSurrogate(r) {
		if !bytes.HasPrefix(l.in[l.at:], []byte(`\u`)) {
			return errBadText
		}
		l.at += 2
		if r = utf16.DecodeRune(r, l.unit()); r == utf8.RuneError {
			return errBadText
		}
	}
	if r <= 0 {
		return errBadText
	}
	l.scratch = utf8.AppendRune(l.scratch, r)
	return nil
}

// unit reads four digits; -1: they are none.
func (l *line) unit() rune {
	if len(l.in)-l.at < 4 {
		return -1
	}
	n, err := strconv.ParseUint(string(l.in[l.at:l.at+4]), 16, 16)
	if l.at += 4; err != nil {
		return -1
	}
	return rune(n)
}
