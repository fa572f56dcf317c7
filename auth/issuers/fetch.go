package issuers

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/MicahParks/jwkset"
)

const (
	maxSet    = 256 << 10 // bytes of a JWK Set
	maxKeys   = 32        // in it, those that are skipped too
	maxHeader = 16 << 10
	leastRSA  = 2048 // bits
	mostRSA   = 8192 // a signature of such a key takes half a millisecond
)

// newClient is one that asks the address it is given and no other: it follows nobody elsewhere, and knows no proxy.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{ // without Proxy: none, whatever the environment says
			DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
			TLSHandshakeTimeout: fetchTimeout, ResponseHeaderTimeout: fetchTimeout, ForceAttemptHTTP2: true,
		},
	}
}

// readKeys returns the keys at an address that can verify a signature.
func readKeys(ctx context.Context, client *http.Client, address string) ([]jwkset.JWK, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json, application/jwk-set+json")
	response, err := client.Do(request)
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err // without the address, which may hold a secret
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxSet+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > maxSet:
		return nil, fmt.Errorf("more than %d KiB", maxSet>>10)
	}
	return parseKeys(body)
}

var errNoSet = errors.New("no JWK Set")

// parseKeys reads a JWK Set. A key that is not for us, or that cannot be read, is skipped: it must not take the others with it.
func parseKeys(body []byte) ([]jwkset.JWK, error) {
	var set struct {
		Keys *[]json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(body, &set) != nil || set.Keys == nil {
		return nil, errNoSet // what it says is nobody's to read
	}
	if len(*set.Keys) > maxKeys {
		return nil, fmt.Errorf("more than %d keys", maxKeys)
	}
	keys := []jwkset.JWK{}
	for _, raw := range *set.Keys {
		var head struct {
			Type jwkset.KTY `json:"kty"`
		}
		if json.Unmarshal(raw, &head) != nil || head.Type == jwkset.KtyOct { // a secret is in no set that anybody may read
			continue
		}
		key, err := jwkset.NewJWKFromRawJSON(raw, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
		if err == nil && verifies(key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// verifies says whether signatures may be verified with a key.
func verifies(key jwkset.JWK) bool {
	m := key.Marshal()
	if m.USE != "" && m.USE != jwkset.UseSig || len(m.KEYOPS) > 0 && !slices.Contains(m.KEYOPS, jwkset.KeyOpsVerify) {
		return false
	}
	if m.ALG != "" && !slices.Contains(byKeys, m.ALG.String()) {
		return false
	}
	switch public := key.Key().(type) {
	case *rsa.PublicKey:
		bits := public.N.BitLen()
		return bits >= leastRSA && bits <= mostRSA
	case *ecdsa.PublicKey:
		return public.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return true
	}
	return false
}
