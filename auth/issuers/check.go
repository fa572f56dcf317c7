package issuers

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

const (
	maxName     = 255 // bytes of an issuer and of an audience
	leastSecret = 32  // bytes
	maxSecrets  = 32
	maxIssuers  = 100
)

// Check says what is wrong with entries, which one it is, and what it is called.
func Check(entries []Issuer) error {
	if len(entries) > maxIssuers {
		return fmt.Errorf("%d entries are more than %d", len(entries), maxIssuers)
	}
	seen := map[string]int{}
	for i, one := range entries {
		if err := one.check(); err != nil {
			return fmt.Errorf("%s: %w", Entry(i, one.Name), err)
		}
		if before, twice := seen[one.Name]; twice {
			return fmt.Errorf("%s: entry %d has the same issuer", Entry(i, one.Name), before)
		}
		seen[one.Name] = i + 1
	}
	return nil
}

// Entry is what the entry at an index is called, in one line.
func Entry(index int, name string) string {
	if !IsName(name) {
		return fmt.Sprintf("entry %d", index+1)
	}
	return fmt.Sprintf("entry %d (%s)", index+1, name)
}

func (i Issuer) check() error {
	switch {
	case !IsName(i.Name):
		return fmt.Errorf("issuer: want a text of 1 to %d bytes, as iss in its tokens", maxName)
	case len(i.Audience) == 0 || slices.ContainsFunc(i.Audience, func(one string) bool { return !IsName(one) }):
		return fmt.Errorf("audience: want a list of texts of 1 to %d bytes, as aud in its tokens", maxName)
	case (i.KeysURL == "") == (len(i.Secrets) == 0):
		return errors.New("want exactly one of jwks_url and secret_file")
	case i.Type != "" && !IsName(i.Type), mediaType(i.Type) == "logout+jwt":
		return errors.New("typ: want a type of token, and not that of logout tokens")
	case i.SessionLifetime < time.Second:
		return errors.New("session_lifetime: want at least 1s")
	}
	if i.KeysURL != "" {
		return checkURL(i.KeysURL)
	}
	return i.checkSecrets()
}

// IsName says whether a text may name an issuer: 1 to 255 bytes without control characters.
func IsName(text string) bool { return text != "" && len(text) <= maxName && isPlain(text) }

func checkURL(text string) error {
	address, err := url.Parse(text)
	switch {
	case err != nil || address.Hostname() == "" || address.User != nil || address.Fragment != "" || address.Opaque != "":
		return errors.New("jwks_url: want an address like https://id.example.org/jwks.json")
	case address.Scheme == "https":
		return nil
	case address.Scheme == "http" && isLoopback(address.Hostname()):
		return nil
	}
	return errors.New("jwks_url: want https, or http on this machine")
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}

func (i Issuer) checkSecrets() error {
	if len(i.Secrets) > maxSecrets {
		return fmt.Errorf("secret_file: %d secrets are more than %d", len(i.Secrets), maxSecrets)
	}
	for n, secret := range i.Secrets {
		if len(secret) < leastSecret {
			return fmt.Errorf("secret_file: secret %d has less than %d bytes", n+1, leastSecret)
		}
	}
	return nil
}
