package issuers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"parley/auth"
)

const (
	fetchTimeout = 5 * time.Second
	fetchEvery   = 10 * time.Second // at most because of tokens, from begin to begin
	fetchWait    = 2 * time.Second  // for the keys, of whoever has a token with a key that is not known
)

// keySet is the keys of one issuer as they were last fetched. Whoever looks for a key that is not there waits for them to be
// fetched again, which goes on for all of them once, in a goroutine that ends by itself. What is known stays while the issuer is away.
type keySet struct {
	*jwkset.MemoryJWKSet
	lookup keyfunc.Keyfunc
	issuer Issuer
	o      Options
	client *http.Client
	wait   time.Duration

	life  context.Context // of what is being fetched
	end   context.CancelFunc
	under sync.WaitGroup

	mu       sync.Mutex
	fetching chan struct{} // is closed when what is under way has ended; nil: nothing is
	asked    time.Time     // when the last one began that a token has caused
	failed   bool          // the last one has, or there was none
	closed   bool
}

func newKeySet(of Issuer, o Options) *keySet {
	k := &keySet{MemoryJWKSet: jwkset.NewMemoryStorage(), issuer: of, o: o, client: newClient(), wait: fetchWait, failed: true}
	k.life, k.end = context.WithCancel(context.Background())
	k.lookup, _ = keyfunc.New(keyfunc.Options{Storage: k}) // fails without a storage alone
	return k
}

// find returns the public key that a token names. auth.ErrNoKeys: it is not known, and cannot be fetched. Any other error: there is none.
func (k *keySet) find(ctx context.Context, token *jwt.Token) (any, error) {
	if _, named := token.Header[jwkset.HeaderKID]; !named {
		id, err := k.only(ctx)
		if err != nil {
			return nil, err
		}
		token.Header[jwkset.HeaderKID] = id
	}
	return k.lookup.KeyfuncCtx(ctx)(token)
}

var errManyKeys = errors.New("the token names no key, and there is not exactly one")

// only returns the id of the one key there is: with several, a token has to name its own (OpenID Connect Core §10.1).
func (k *keySet) only(ctx context.Context) (id string, err error) {
	keys, _ := k.KeyReadAll(ctx) // never fails in memory
	if len(keys) == 0 {
		if err := k.look(ctx, k.wait, true); err != nil {
			return "", err
		}
		keys, _ = k.KeyReadAll(ctx)
	}
	if len(keys) != 1 {
		return "", errManyKeys
	}
	return keys[0].Marshal().KID, nil
}

// KeyRead returns a key by its id, for keyfunc. One that is not known is looked for.
func (k *keySet) KeyRead(ctx context.Context, id string) (jwkset.JWK, error) {
	key, err := k.MemoryJWKSet.KeyRead(ctx, id)
	if err == nil {
		return key, nil
	}
	if err := k.look(ctx, k.wait, true); err != nil {
		return jwkset.JWK{}, err
	}
	return k.MemoryJWKSet.KeyRead(ctx, id)
}

// look has the keys fetched again and waits for them. For a token that is not done if another one has had it done just now.
// auth.ErrNoKeys: they could not be, or not in that time.
func (k *keySet) look(ctx context.Context, wait time.Duration, forToken bool) error {
	under := k.fetchAgain(forToken)
	if under != nil {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-under:
		case <-timer.C:
			return auth.ErrNoKeys
		case <-ctx.Done():
			return auth.ErrNoKeys
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed {
		return auth.ErrNoKeys
	}
	return nil
}

// fetchAgain returns what is closed when the fetch that is under way has ended; nil: none is, and none is to be.
func (k *keySet) fetchAgain(forToken bool) chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.o.Now()
	if k.fetching != nil || k.closed || forToken && now.Sub(k.asked) < fetchEvery && !now.Before(k.asked) {
		return k.fetching
	}
	under := make(chan struct{})
	k.fetching = under
	if forToken {
		k.asked = now
	}
	k.under.Go(func() {
		err := k.fetch()
		k.mu.Lock()
		defer k.mu.Unlock()
		k.failed, k.fetching = err != nil, nil
		close(under)
	})
	return under
}

// fetch fetches the keys, and puts them in the place of those that were there. A panic is an error: this runs for everybody.
func (k *keySet) fetch() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if err != nil && k.life.Err() == nil {
			k.o.OnError(fmt.Errorf("fetch the keys of %s: %w", k.issuer.Name, err))
		}
	}()
	ctx, cancel := context.WithTimeout(k.life, fetchTimeout)
	defer cancel()
	keys, err := readKeys(ctx, k.client, k.issuer.KeysURL)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		k.o.OnError(fmt.Errorf("the keys of %s: there is none that can verify its tokens, which are refused", k.issuer.Name))
	}
	return k.KeyReplaceAll(ctx, keys)
}

func (k *keySet) close() {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.end()
	k.under.Wait()
}
