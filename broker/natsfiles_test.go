//go:build unix

package broker_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/broker"
)

// A start whose setting named a pipe waited for somebody to write into it, and no signal ended that.
func TestNATSFileThatIsAPipeIsRefused(t *testing.T) {
	dir := t.TempDir()
	pipe, empty := filepath.Join(dir, "pipe"), filepath.Join(dir, "empty")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const url = "nats://127.0.0.1:1"
	for setting, o := range map[string]broker.NATSOptions{
		"PARLEY_NATS_CREDENTIALS": {URL: url, Credentials: pipe},
		"PARLEY_NATS_CA":          {URL: url, CA: pipe},
		"PARLEY_NATS_CERTIFICATE": {URL: url, Certificate: pipe, Key: empty},
		"PARLEY_NATS_KEY":         {URL: url, Certificate: empty, Key: pipe},
	} {
		n, err := broker.NewNATS(o)
		if err == nil {
			n.Close(t.Context())
			t.Errorf("%s is taken", setting)
			continue
		}
		if text := err.Error(); !strings.HasPrefix(text, setting+": ") || !strings.Contains(text, "not a regular file") {
			t.Errorf("%s: %s", setting, text)
		}
	}
}
