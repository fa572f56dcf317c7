package accounts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"testing"
	"time"

	"parley/auth"
	"parley/auth/keys"
	"parley/ent/loginlimit"
)

const wrong = "wrong horse battery"

// back is how long one token of an account takes to come back; everywhere, one of a network.
const back, everywhere = 90 * time.Second, 18 * time.Second

// stranger is one of 256 networks that nobody has signed in from.
func stranger(i int) auth.Client {
	return auth.Client{Address: netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})}
}

// tryWrong sends a wrong password.
func (n *node) tryWrong(username string, from auth.Client) error {
	_, err := n.Login(n.t.Context(), username, wrong, from)
	return err
}

// tryTenWrong sends ten wrong passwords for a name, each from another network; none is limited.
func (n *node) tryTenWrong(username string) {
	n.t.Helper()
	for i := range 10 {
		wantError(n.t, n.tryWrong(username, stranger(i)), auth.ErrInvalidCredentials)
	}
}

func wantLimited(t testing.TB, err error, wait time.Duration) {
	t.Helper()
	var fast *auth.RateError
	if !errors.As(err, &fast) || fast.RetryAfter != wait {
		t.Fatalf("got %v, want limited for %v", err, wait)
	}
}

// bucket is the id of a bucket.
func (n *node) bucket(kind, value string) string {
	mac := hmac.New(sha256.New, n.ring.Signer().Secret(keys.SignInLimits))
	mac.Write([]byte(kind + value))
	return hex.EncodeToString(mac.Sum(nil))
}

// taken is how many tokens of a bucket are taken now, which has so many times the tokens of an account.
func (n *node) taken(kind, value string, times int) int {
	n.t.Helper()
	found := must(n.store.Read.LoginLimit.Query().Where(loginlimit.ID(n.bucket(kind, value))).All(n.t.Context()))(n.t)
	if len(found) == 0 || !found[0].FullAt.After(n.store.Now()) {
		return 0
	}
	step := n.o.LoginAttempts.Times(times).Bucket(1).Step
	return int((found[0].FullAt.Sub(n.store.Now()) + step - 1) / step)
}

func (n *node) limits() int {
	n.t.Helper()
	return must(n.store.Read.LoginLimit.Query().Count(n.t.Context()))(n.t)
}

// Kinds of buckets, as they are hashed.
const (
	ofUnknown  = "account\x00"  // a username key
	ofNoName   = "no name\x00"  // what was typed and can be no username
	ofKnown    = "known\x00"    // a username key, NUL, a network that has a session of it
	ofNetwork  = "network\x00"  // a network
	ofSignedIn = "password\x00" // a user id
)
