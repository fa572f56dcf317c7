package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"parley/db/tables"
)

// A portableParser checks the lines of an export and makes batches of its rows.
type portableParser struct {
	out   func(*tables.Batch) error
	asked func(tables.Row) error // of each row; may be nil
	line  int                    // that is being read
	table int                    // whose rows may come; -1: the header comes
	ended bool
	check logCheck
	rows  []int64
	sum   hash.Hash
	held  Held
	batch *tables.Batch // of this chunk
}

func newPortableParser(asked func(tables.Row) error, out func(*tables.Batch) error) *portableParser {
	return &portableParser{out: out, asked: asked, table: -1, rows: make([]int64, len(portables)), sum: sha256.New()}
}

func (p *portableParser) run(ctx context.Context, chunks <-chan portableChunk) error {
	for {
		select {
		case c := <-chunks:
			switch {
			case errors.Is(c.err, io.EOF):
				return p.end()
			case c.err != nil:
				return fmt.Errorf("read the export: %w", c.err)
			}
			if err := p.chunk(c.lines); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// end is the end of the file.
func (p *portableParser) end() error {
	if !p.ended {
		return fmt.Errorf("%w: it ends with line %d, before its trailer", ErrDamaged, p.line)
	}
	return nil
}

// chunk takes whole lines apart.
func (p *portableParser) chunk(lines []byte) error {
	p.held.Bytes += int64(len(lines))
	var line portableLine
	for at := 0; at < len(lines); at++ {
		p.line++
		n := bytes.IndexByte(lines[at:], '\n')
		if n < 0 || n > longestLine {
			return p.refuse(errors.New("it is cut off or too long"))
		}
		line.in, line.at = lines[at:at+n], 0
		if err := p.one(&line, lines[:at]); err != nil {
			return p.refuse(err)
		}
		at += n
	}
	if !p.ended { // else the sum is complete
		p.sum.Write(lines)
	}
	return p.flush()
}

// refuse names the line.
func (p *portableParser) refuse(err error) error {
	if errors.Is(err, ErrNewer) || errors.Is(err, ErrOlder) {
		return fmt.Errorf("line %d: %w", p.line, err)
	}
	return fmt.Errorf("%w: line %d: %w", ErrDamaged, p.line, err)
}

// one takes a line apart; before is what stands before it in its chunk.
func (p *portableParser) one(l *portableLine, before []byte) error {
	if p.ended {
		return errors.New("there is something behind the trailer")
	}
	name, value, err := l.first()
	switch {
	case err != nil:
		return err
	case p.table < 0 && string(name) == headerField:
		p.table = 0
		p.check.begin(portables[0])
		return p.header(l, value)
	case p.table < 0:
		return errors.New("an export begins with a header")
	case string(name) == rowField:
		return p.row(l, value)
	case string(name) == trailerField:
		p.ended = true
		p.sum.Write(before)
		return p.trailer(l, value)
	}
	return errors.New("it is neither a row nor the trailer")
}

func (p *portableParser) header(l *portableLine, format []byte) error {
	row := make([][]byte, len(portableHeader.Columns))
	if err := l.rest(portableHeader, row); err != nil {
		return err
	}
	return checkHeader(format, row)
}

func (p *portableParser) row(l *portableLine, name []byte) error {
	t := portables[p.table]
	if t.Name != string(name) {
		if err := p.next(name); err != nil {
			return err
		}
		t = portables[p.table]
	}
	if p.batch == nil {
		p.batch = &tables.Batch{Table: t, Line: p.line}
	}
	from := len(p.batch.Cells)
	p.batch.Cells = append(p.batch.Cells, make([][]byte, len(t.Columns))...)
	row := p.batch.Cells[from:]
	if err := l.rest(t, row); err != nil {
		return err
	}
	p.rows[p.table]++
	p.held.count(t, 1)
	if err := p.check.check(row); err != nil || p.asked == nil {
		return err
	}
	return p.asked(tables.Row{Table: t, Cells: row})
}

// next goes on to a table behind this one.
func (p *portableParser) next(name []byte) error {
	for i := p.table + 1; i < len(portables); i++ {
		if portables[i].Name == string(name) {
			p.table = i
			p.check.begin(portables[i])
			return p.flush()
		}
	}
	return fmt.Errorf("no rows of a table %.40q may stand here", name)
}

// flush gives away the rows that have been read.
func (p *portableParser) flush() error {
	if p.batch == nil {
		return nil
	}
	b := p.batch
	p.batch = nil
	return p.out(b)
}

func (p *portableParser) trailer(l *portableLine, sum []byte) error {
	row := make([][]byte, len(portableTrailer.Columns))
	if err := l.rest(portableTrailer, row); err != nil {
		return err
	}
	for i, t := range portables {
		if n := tables.Integer(row[i]); n != p.rows[i] {
			return fmt.Errorf("%s has %d rows, and the trailer counts %d", t.Name, p.rows[i], n)
		}
	}
	if string(sum) != hex.EncodeToString(p.sum.Sum(nil)) {
		return errors.New("the checksum is not that of the lines before")
	}
	return nil
}
