package broker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/broker"
)

// What is wrong with a setting is said in one line that names it and repeats nothing of a URL.
func TestNATSOptionsThatAreWrong(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const good = "nats://127.0.0.1:1"
	for _, c := range []struct {
		o     broker.NATSOptions
		names string
	}{
		{broker.NATSOptions{URL: "nats://parley:secret@host:port"}, "PARLEY_NATS_URL"},
		{broker.NATSOptions{URL: "nats://parley:secret@host:99999"}, "PARLEY_NATS_URL"},
		{broker.NATSOptions{URL: "nats://parley:secret%zz@host"}, "PARLEY_NATS_URL"},
		{broker.NATSOptions{URL: "nats://parley:secret@"}, "PARLEY_NATS_URL"},
		{broker.NATSOptions{URL: "http://parley:secret@host"}, "PARLEY_NATS_URL"},
		{broker.NATSOptions{URL: good + ",,nats://secret@host"}, "PARLEY_NATS_URL"},
		{broker.NATSOptions{URL: good + ",ws://secret@host"}, "PARLEY_NATS_URL"},
		{broker.NATSOptions{URL: " "}, "PARLEY_NATS_URL"},
		{broker.NATSOptions{URL: good, Credentials: filepath.Join(dir, "none")}, "PARLEY_NATS_CREDENTIALS"},
		{broker.NATSOptions{URL: good, Credentials: empty}, "PARLEY_NATS_CREDENTIALS"},
		{broker.NATSOptions{URL: good, CA: filepath.Join(dir, "none")}, "PARLEY_NATS_CA"},
		{broker.NATSOptions{URL: good, CA: empty}, "PARLEY_NATS_CA"},
		{broker.NATSOptions{URL: good, Certificate: empty, Key: empty}, "PARLEY_NATS_CERTIFICATE"},
	} {
		n, err := broker.NewNATS(c.o)
		if err == nil {
			n.Close(t.Context())
			t.Errorf("%+v is accepted", c.o)
			continue
		}
		if text := err.Error(); !strings.HasPrefix(text, c.names+": ") || strings.Contains(text, "secret") || strings.Contains(text, "\n") {
			t.Errorf("%+v: %q", c.o, text)
		}
	}
}
