package client

import (
	"bytes"
	"testing"
)

// TestClientFrames reads what a client sends in each of the three sizes as a server would see it.
func TestClientFrames(t *testing.T) {
	for _, n := range []int{0, 125, 126, 1<<16 - 1, 1 << 16} {
		b := EncodeFrame(TextFrame, bytes.Repeat([]byte{'x'}, n))
		mask := len(b) - n - 4
		if b[1]&0x80 == 0 || !bytes.Equal(b[mask:mask+4], []byte{0, 0, 0, 0}) {
			t.Fatalf("%d bytes: not masked: %x", n, b[:mask+4])
		}
		b[1] &^= 0x80
		f, rest, err := CutFrame(append(b[:mask:mask], b[mask+4:]...))
		if err != nil || len(rest) != 0 || f.Kind != TextFrame || len(f.Payload) != n {
			t.Errorf("%d bytes: %d, %d left, %v", n, len(f.Payload), len(rest), err)
		}
	}
}
