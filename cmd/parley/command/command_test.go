package command

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// A start that fails says why however it is called.
func TestStartSaysWhyItFails(t *testing.T) {
	var stderr bytes.Buffer
	if status := Start([]string{"--addr", "nonsense"}, nil, io.Discard, &stderr); status != exitFailure || !strings.HasPrefix(stderr.String(), "parley: PARLEY_ADDR") {
		t.Errorf("status %d: %s", status, &stderr)
	}
}
