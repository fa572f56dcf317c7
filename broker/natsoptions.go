package broker

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

// NATSOptions say where the servers are and who this node is.
type NATSOptions struct {
	URL         string      // PARLEY_NATS_URL: one or more, separated by commas
	Credentials string      // PARLEY_NATS_CREDENTIALS: a file with a JWT and its seed
	CA          string      // PARLEY_NATS_CA: a PEM file that signs the servers' certificates; TLS is demanded
	Certificate string      // PARLEY_NATS_CERTIFICATE: a PEM file for the servers to see; TLS is demanded
	Key         string      // PARLEY_NATS_KEY: its key
	Report      func(error) // of a connection that is lost, and why; with nil that it is back. It does not block
}

// read checks everything that can be checked without a server. Nothing of a URL is repeated: it may hold
// a password.
func (o NATSOptions) read() (options []nats.Option, servers string, err error) {
	if servers, err = readURLs(o.URL); err != nil {
		return nil, "", fmt.Errorf("PARLEY_NATS_URL: %w", err)
	}
	for _, s := range []struct {
		setting string
		file    string
		option  nats.Option // nil: read with the next
	}{
		{"PARLEY_NATS_CREDENTIALS", o.Credentials, nats.UserCredentials(o.Credentials)},
		{"PARLEY_NATS_CA", o.CA, nats.RootCAs(o.CA)},
		{"PARLEY_NATS_KEY", o.Key, nil},
		{"PARLEY_NATS_CERTIFICATE", o.Certificate, nats.ClientCert(o.Certificate, o.Key)},
	} {
		if s.file == "" {
			continue
		}
		if err := regular(s.file); err != nil {
			return nil, "", fmt.Errorf("%s: %w", s.setting, err)
		}
		if s.option == nil {
			continue
		}
		if err := try(s.option); err != nil {
			return nil, "", fmt.Errorf("%s: %w", s.setting, err)
		}
		options = append(options, s.option)
	}
	return options, servers, nil
}

// regular refuses what would not answer the same each time it is read: the start would wait for a pipe for ever, and each
// new connection reads the files again.
func regular(file string) error {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", file)
	}
	return err
}

// try applies an option, and reads the files that the client would read when it connects.
func try(option nats.Option) error {
	var o nats.Options
	if err := option(&o); err != nil {
		return err
	}
	if o.UserJWT == nil {
		return nil
	}
	if _, err := o.UserJWT(); err != nil {
		return err
	}
	_, err := o.SignatureCB([]byte("nonce"))
	return err
}

var natsSchemes = []string{"nats", "tls", "ws", "wss"}

func readURLs(list string) (string, error) {
	const want = "want nats://HOST:4222 or tls://HOST:4222, more of them behind commas"
	var servers []string
	web := 0
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if !strings.Contains(one, "://") {
			one = "nats://" + one
		}
		u, err := url.Parse(one)
		if err != nil || u.Hostname() == "" || !slices.Contains(natsSchemes, u.Scheme) || !isPort(u.Port()) {
			return "", errors.New(want)
		}
		if strings.HasPrefix(u.Scheme, "ws") {
			web++
		}
		servers = append(servers, one)
	}
	if web != 0 && web != len(servers) {
		return "", errors.New("WebSockets do not go together with other connections")
	}
	return strings.Join(servers, ","), nil
}

func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}
