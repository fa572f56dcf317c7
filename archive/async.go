package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
)

// writeBuffer is how many bytes an asyncWriter writes at once.
const writeBuffer = 256 << 10

// errWriter stands for the error with which the writer has ended.
var errWriter = errors.New("the writer has ended")

// An asyncWriter writes and sums up one buffer while the next is filled.
type asyncWriter struct {
	ctx    context.Context // of the export
	buffer []byte          // is being filled
	full   chan []byte     // closed by whoever fills
	free   chan []byte
	idle   chan struct{} // closed when the writer has ended; what follows is the writer's until then
	sum    hash.Hash
	bytes  int64
	err    error
}

func newAsyncWriter(ctx context.Context, w io.Writer) *asyncWriter {
	o := &asyncWriter{ctx: ctx, full: make(chan []byte), free: make(chan []byte, 2), idle: make(chan struct{}), sum: sha256.New()}
	o.free <- nil // the second buffer; both grow when they are filled
	go o.run(w)
	return o
}

func (o *asyncWriter) run(w io.Writer) {
	defer close(o.idle)
	for buffer := range o.full {
		o.sum.Write(buffer)
		n, err := w.Write(buffer)
		if o.bytes += int64(n); err != nil {
			o.err = err
			return
		}
		o.free <- buffer
	}
}

// flush gives what is in the buffer to the writer and takes an empty one.
func (o *asyncWriter) flush() error {
	select {
	case o.full <- o.buffer:
	case <-o.idle:
		return errWriter
	case <-o.ctx.Done():
		return context.Cause(o.ctx)
	}
	select {
	case buffer := <-o.free:
		o.buffer = buffer[:0]
	case <-o.idle:
		return errWriter
	case <-o.ctx.Done():
		return context.Cause(o.ctx)
	}
	return nil
}

// end waits until all is written. When ctx ends it does not wait for w, which may never take anything.
func (o *asyncWriter) end() error {
	close(o.full)
	select {
	case <-o.idle:
		return o.err
	case <-o.ctx.Done():
		return context.Cause(o.ctx)
	}
}
