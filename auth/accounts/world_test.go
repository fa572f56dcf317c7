package accounts

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/keys"
	"parley/auth/passwords"
	"parley/auth/tokens"
	"parley/db"
	"parley/db/dbtest"
	"parley/db/dbtest/migrated"
	"parley/ent"
	"parley/limit"
)

// example is the root secret of the worked example: bytes 00 … 1f.
const example = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// timeout is how long a test waits for what must happen; it never decides what is right.
const timeout = 5 * time.Minute

// cheap hashes are for tests that are about something else.
var cheap = passwords.Cost{Memory: 8, Passes: 1, Threads: 1}

// clock is the time of a test: it stands still until it is told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// node is one server process: a service with a store of its own.
type node struct {
	*Service
	t     testing.TB
	clock *clock
	dir   string
	ring  *keys.Ring

	mu   sync.Mutex
	told []uuid.UUID // to OnEnded
}

// start starts a server on a new database.
func start(t testing.TB, change ...func(*Options)) *node {
	t.Helper()
	c := &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 678_900_000, time.UTC)}
	return startOn(t, t.TempDir(), c, change...)
}

// another starts one more server on the same file, as a second node or after a restart.
func (n *node) another(change ...func(*Options)) *node {
	n.t.Helper()
	return startOn(n.t, n.dir, n.clock, change...)
}

func startOn(t testing.TB, dir string, c *clock, change ...func(*Options)) *node {
	t.Helper()
	store, err := db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	ring, err := keys.Parse(example)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, clock: c, dir: dir, ring: ring}
	o := Defaults()
	o.Now, o.Hash.Cost, o.Hash.MaxWait = c.Now, cheap, timeout
	o.RegisterRate, o.LoginRate = limit.Rate{}, limit.Rate{} // everybody comes from one address
	o.OnError = func(err error) { t.Errorf("background: %v", err) }
	o.OnEnded = func(ids []uuid.UUID) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.told = append(n.told, ids...)
	}
	for _, f := range change {
		f(&o)
	}
	if n.Service, err = New(store, ring, o); err != nil {
		t.Fatal(err)
	}
	return n
}

// tokens sign and parse as those of the server do.
func (n *node) tokens() *tokens.Codec { return tokens.New(n.ring, n.o.Leeway) }

// restart begins anew on a store and with a ring, as a restart of the server does.
func (n *node) restart(store *db.Store, ring *keys.Ring) {
	n.t.Helper()
	n.ring = ring
	n.Service = must(New(store, ring, n.o))(n.t)
}

func (n *node) wasTold(id uuid.UUID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Contains(n.told, id)
}

const password = "correct horse battery"

var home = auth.Client{Address: netip.MustParseAddr("192.0.2.7"), UserAgent: "test"}

// Register makes an account without an invite.
func (n *node) Register(ctx context.Context, username, password string, from auth.Client) (*auth.Tokens, error) {
	return n.Service.Register(ctx, Registration{Username: username, Password: password}, from)
}

// DeleteAccount deletes an account by its password.
func (n *node) DeleteAccount(ctx context.Context, who auth.Identity, password string) (uuid.UUID, error) {
	return n.Service.DeleteAccount(ctx, who, Proof{Password: &password})
}

// signUp registers a user; signIn makes a session more of one.
func (n *node) signUp(username string) *auth.Tokens {
	n.t.Helper()
	return must(n.Register(n.t.Context(), username, password, home))(n.t)
}

func (n *node) signIn(username string) *auth.Tokens {
	n.t.Helper()
	return must(n.Login(n.t.Context(), username, password, home))(n.t)
}

// must is for what has to work: must(f())(t).
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (n *node) refresh(token string) (*auth.Tokens, error) {
	return n.Refresh(n.t.Context(), &token, nil, home)
}

func (n *node) refreshWith(token, key string) (*auth.Tokens, error) {
	return n.Refresh(n.t.Context(), &token, &key, home)
}

func (n *node) identify(token string) (auth.Identity, error) {
	id, _, err := n.Identify(n.t.Context(), []string{"Bearer " + token})
	return id, err
}

// logout calls Logout as the holder of an access token.
func (n *node) logout(scope auth.LogoutScope, access string) int {
	n.t.Helper()
	ctx := auth.WithCaller(n.t.Context(), auth.Caller{Token: auth.Secret(access)})
	return must(n.Logout(ctx, scope, nil))(n.t)
}

// wantLive fails unless the access token works; wantDead unless it is refused for that reason.
func (n *node) wantLive(access string) auth.Identity {
	n.t.Helper()
	return must(n.identify(access))(n.t)
}

func (n *node) wantDead(access, reason string) {
	n.t.Helper()
	_, err := n.identify(access)
	wantReason(n.t, err, auth.ErrSessionRevoked, reason)
}

func wantReason(t testing.TB, err, class error, reason string) {
	t.Helper()
	var r *auth.ReasonError
	if !errors.Is(err, class) || !errors.As(err, &r) || r.Reason != reason {
		t.Fatalf("got %v, want %v with reason %s", err, class, reason)
	}
}

func wantInvalid(t testing.TB, err error, field, reason string) {
	t.Helper()
	var i *auth.InvalidError
	if !errors.As(err, &i) || *i != (auth.InvalidError{Field: field, Reason: reason}) {
		t.Fatalf("got %v, want %s %s", err, field, reason)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

// describe is what a refresh came to, to compare many of them.
func describe(tokens *auth.Tokens, err error) string {
	var r *auth.ReasonError
	switch {
	case err == nil:
		return tokens.AccessToken + " " + *tokens.RefreshToken
	case errors.As(err, &r):
		return r.Reason
	}
	return err.Error()
}

// atOnce makes n calls that start together. A call that fails the test ends it here.
func atOnce[T any](t testing.TB, n int, do func(i int) T) []T {
	var all sync.WaitGroup
	gate := make(chan struct{})
	results := make([]T, n)
	for i := range n {
		all.Go(func() {
			<-gate
			results[i] = do(i)
		})
	}
	close(gate)
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return results
}

func count(results []string) map[string]int {
	found := map[string]int{}
	for _, a := range results {
		found[a]++
	}
	return found
}

// rows counts what is in the database.
func (n *node) rows() (users, sessions, blacklisted int) {
	n.t.Helper()
	c := n.store.Read
	return must(c.User.Query().Count(n.t.Context()))(n.t),
		must(c.Session.Query().Count(n.t.Context()))(n.t),
		must(c.BlacklistedToken.Query().Count(n.t.Context()))(n.t)
}

func (n *node) session(access string) *ent.Session {
	n.t.Helper()
	t := must(tokens.New(n.ring, 1000*time.Hour).Parse(access, tokens.Access, n.clock.Now().Add(-time.Hour)))(n.t)
	return must(n.store.Read.Session.Get(n.t.Context(), t.Session))(n.t)
}

// sql changes the database behind the server's back.
func (n *node) sql(statements ...string) {
	n.t.Helper()
	pool := dbtest.Pool(n.t, n.dir)
	for _, s := range statements {
		must(pool.ExecContext(n.t.Context(), s))(n.t)
	}
}

// failCommits makes each transaction with such an event on a table fail, not before its COMMIT.
func (n *node) failCommits(event, table string) (repair func()) {
	n.t.Helper()
	n.sql(`CREATE TABLE nowhere (id INTEGER PRIMARY KEY)`,
		`CREATE TABLE doomed (id INTEGER REFERENCES nowhere (id) DEFERRABLE INITIALLY DEFERRED)`)
	if !dbtest.OnPostgres() {
		n.sql(`CREATE TRIGGER doom AFTER ` + event + ` ON ` + table + ` BEGIN INSERT INTO doomed VALUES (1); END`)
		return func() { n.sql(`DROP TRIGGER doom`) }
	}
	n.sql(`CREATE FUNCTION doom() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO doomed VALUES (1); RETURN NEW; END'`,
		`CREATE TRIGGER doom AFTER `+event+` ON `+table+` FOR EACH ROW EXECUTE FUNCTION doom()`)
	return func() { n.sql(`DROP TRIGGER doom ON ` + table) }
}

func TestMain(m *testing.M) { os.Exit(migrated.Main(m)) }
