package archive

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"parley/chat/roomlog/logcheck"
	"parley/db"
	"parley/db/tables"
)

// A parser checks the lines of an export and makes batches of its rows.
type parser struct {
	out     func(*tables.Batch) error
	content func(tables.Row) error // is asked of each row; may be nil
	line    int                    // that is being read
	schema  int64                  // of the rows
	forms   []*form                // of the tables that may come, in order
	table   int                    // whose rows may come; -1: the header comes
	ended   bool
	order   orderCheck
	log     logcheck.Checker
	rows    []int64
	sum     hash.Hash
	summary Summary
	batch   *tables.Batch // of this chunk
}

func newParser(content func(tables.Row) error, out func(*tables.Batch) error) *parser {
	p := &parser{out: out, content: content, table: -1, sum: sha256.New()}
	p.expect(formsOf(newest))
	return p
}

// expect says in which forms tables may come.
func (p *parser) expect(forms []*form) { p.forms, p.rows = forms, make([]int64, len(forms)) }

func (p *parser) run(ctx context.Context, chunks <-chan chunk) error {
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
func (p *parser) end() error {
	if !p.ended {
		return fmt.Errorf("%w: it ends with line %d, before its trailer", ErrDamaged, p.line)
	}
	return nil
}

// chunk takes whole lines apart.
func (p *parser) chunk(lines []byte) error {
	p.summary.Bytes += int64(len(lines))
	var line line
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
func (p *parser) refuse(err error) error {
	if errors.Is(err, db.ErrNewer) || errors.Is(err, db.ErrOlder) {
		return fmt.Errorf("line %d: %w", p.line, err)
	}
	return fmt.Errorf("%w: line %d: %w", ErrDamaged, p.line, err)
}

// one takes a line apart; before is what stands before it in its chunk.
func (p *parser) one(l *line, before []byte) error {
	if p.ended {
		return errors.New("there is something behind the trailer")
	}
	name, value, err := l.first()
	switch {
	case err != nil:
		return err
	case p.table < 0 && string(name) == headerField:
		p.table = 0
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

func (p *parser) header(l *line, format []byte) error {
	row := make([][]byte, len(header.Columns))
	if err := l.rest(header, row); err != nil {
		return err
	}
	if err := checkHeader(format, row); err != nil {
		return err
	}
	p.schema = tables.Integer(row[1])
	p.expect(formsOf(p.schema))
	return nil
}

func (p *parser) row(l *line, name []byte) error {
	if p.forms[p.table].Name != string(name) {
		if err := p.next(name); err != nil {
			return err
		}
	}
	form := p.forms[p.table]
	t := form.table
	if p.batch == nil {
		p.batch = &tables.Batch{Table: t, Line: p.line}
	}
	from := len(p.batch.Cells)
	p.batch.Cells = append(p.batch.Cells, make([][]byte, len(t.Columns))...)
	row := p.batch.Cells[from:]
	if err := form.read(l, row); err != nil {
		return err
	}
	p.rows[p.table]++
	p.summary.count(t, 1)
	whole := tables.Row{Table: t, Cells: row}
	if err := cmp.Or(p.order.check(whole), p.log.Check(whole)); err != nil || p.content == nil {
		return err
	}
	return p.content(whole)
}

// next goes on to a table behind this one.
func (p *parser) next(name []byte) error {
	for i := p.table + 1; i < len(p.forms); i++ {
		if p.forms[i].Name == string(name) {
			p.table = i
			return p.flush()
		}
	}
	return fmt.Errorf("no rows of a table %.40q may stand here", name)
}

// flush gives away the rows that have been read.
func (p *parser) flush() error {
	if p.batch == nil {
		return nil
	}
	b := p.batch
	p.batch = nil
	return p.out(b)
}

func (p *parser) trailer(l *line, sum []byte) error {
	row := make([][]byte, len(p.forms))
	if err := l.rest(trailerOf(p.forms), row); err != nil {
		return err
	}
	for i, t := range p.forms {
		if n := tables.Integer(row[i]); n != p.rows[i] {
			return fmt.Errorf("%s has %d rows, and the trailer counts %d", t.Name, p.rows[i], n)
		}
	}
	if string(sum) != hex.EncodeToString(p.sum.Sum(nil)) {
		return errors.New("the checksum is not that of the lines before")
	}
	return nil
}
