package archive

import (
	"bytes"
	"context"
	"errors"
	"io"

	"parley/db/tables"
)

const (
	// readerChunk is how many bytes of an export are read at once.
	readerChunk = 512 << 10
	// longestLine is several times the longest that a release writes: a text of 10,000 characters, each escaped.
	longestLine = 1 << 20
)

// load reads an export and gives its rows to write: one goroutine reads, one takes the lines apart, and this one writes.
// check is asked of each row; nil: nothing is. It returns the schema that the header names.
func load(ctx context.Context, r io.Reader, check func(tables.Row) error, write func(context.Context, *tables.Batch) error) (s Summary, schema int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks, batches, parsed := make(chan chunk, 1), make(chan *tables.Batch, 1), make(chan error, 1)
	go readChunks(ctx, r, chunks)
	p := newParser(check, func(b *tables.Batch) error {
		select {
		case batches <- b:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	go func() {
		defer close(batches)
		parsed <- p.run(ctx, chunks)
	}()
	for b := range batches {
		if err := write(ctx, b); err != nil {
			cancel()
			for range batches { // until the other has ended
			}
			return s, 0, err
		}
	}
	err = <-parsed
	return p.summary, p.schema, err
}

// A chunk is whole lines, but for the last one of an export that is cut off; or the end.
type chunk struct {
	lines []byte
	err   error // io.EOF: all has been read
}

// readChunks reads until the end. Each chunk has memory of its own: its rows are written while the next are read.
func readChunks(ctx context.Context, r io.Reader, to chan<- chunk) {
	var rest []byte
	send := func(c chunk) bool {
		select {
		case to <- c:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for {
		buffer := make([]byte, len(rest)+readerChunk)
		copy(buffer, rest)
		n, err := io.ReadFull(r, buffer[len(rest):])
		buffer = buffer[:len(rest)+n]
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF
			}
			if !send(chunk{lines: buffer}) {
				return
			}
			send(chunk{err: err})
			return
		}
		end := bytes.LastIndexByte(buffer, '\n') + 1
		if rest = buffer[end:]; len(rest) > longestLine {
			end, rest = len(buffer), nil // it is refused as it is
		}
		if end > 0 && !send(chunk{lines: buffer[:end]}) {
			return
		}
	}
}
