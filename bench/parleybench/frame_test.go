package main

import (
	"bytes"
	"testing"
)

// TestClientFrames reads what a client sends in each of the three sizes as a server would see it.
func TestClientFrames(t *testing.T) {
	for _, n := range []int{0, 125, 126, 1<<16 - 1, 1 << 16} {
		b := encodeFrame(textFrame, bytes.Repeat([]byte{'x'}, n))
		mask := len(b) - n - 4
		if b[1]&0x80 == 0 || !bytes.Equal(b[mask:mask+4], []byte{0, 0, 0, 0}) {
			t.Fatalf("%d bytes: not masked: %x", n, b[:mask+4])
		}
		b[1] &^= 0x80
		f, rest, err := cutFrame(append(b[:mask:mask], b[mask+4:]...))
		if err != nil || len(rest) != 0 || f.kind != textFrame || len(f.payload) != n {
			t.Errorf("%d bytes: %d, %d left, %v", n, len(f.payload), len(rest), err)
		}
	}
}
