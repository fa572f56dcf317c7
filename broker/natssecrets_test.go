package broker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"parley/broker"
	"parley/broker/natstest"
)

// reachEachOther wants two brokers with these options to reach each other.
func reachEachOther(t *testing.T, o broker.NATSOptions) {
	t.Helper()
	one, _ := dial(t, o)
	two, _ := dial(t, o)
	connected(t, one)
	connected(t, two)
	received, room := subscribe(t, two), uuid.New()
	one.Notify(room)
	received.await(t, names(room))
}

// A server that wants TLS with certificates of both sides is joined with the files, and only with them.
func TestNATSOverTLS(t *testing.T) {
	a := newAuthority(t)
	pair := a.issue(t, "node")
	s := natstest.New(t, func(o *server.Options) {
		certificate, err := tls.LoadX509KeyPair(a.issue(t, "server"), filepath.Join(a.dir, "server.key"))
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AddCert(a.certificate)
		o.TLS, o.TLSTimeout = true, 2
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12}
	})
	url := "tls://" + s.Addr()
	o := broker.NATSOptions{URL: url, CA: a.file, Certificate: pair, Key: filepath.Join(a.dir, "node.key")}
	reachEachOther(t, o)
	for name, without := range map[string]broker.NATSOptions{
		"another authority": {URL: url, CA: newAuthority(t).file, Certificate: o.Certificate, Key: o.Key},
		"no authority":      {URL: url, Certificate: o.Certificate, Key: o.Key},
		"no certificate":    {URL: url, CA: a.file},
	} {
		n, reports := dial(t, without)
		if err := next(t, reports); err == nil || n.Stats().Connected {
			t.Errorf("%s: connected: %v", name, err)
		}
	}
}

// A file of credentials is a JWT and the seed that proves it.
func TestNATSWithCredentials(t *testing.T) {
	operator, account, user := newKey(t, nkeys.CreateOperator), newKey(t, nkeys.CreateAccount), newKey(t, nkeys.CreateUser)
	accountClaims := jwt.NewAccountClaims(public(t, account))
	accountJWT, err := accountClaims.Encode(operator)
	if err != nil {
		t.Fatal(err)
	}
	userJWT, err := jwt.NewUserClaims(public(t, user)).Encode(account)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	file, err := jwt.FormatUserConfig(userJWT, seed)
	if err != nil {
		t.Fatal(err)
	}
	credentials := filepath.Join(t.TempDir(), "parley.creds")
	if err := os.WriteFile(credentials, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s := natstest.New(t, func(o *server.Options) {
		accounts := &server.MemAccResolver{}
		if err := accounts.Store(public(t, account), accountJWT); err != nil {
			t.Fatal(err)
		}
		o.TrustedKeys, o.AccountResolver = []string{public(t, operator)}, accounts
	})
	reachEachOther(t, broker.NATSOptions{URL: s.URL(), Credentials: credentials})
	_, reports := dial(t, broker.NATSOptions{URL: s.URL()})
	if err := next(t, reports); err == nil {
		t.Error("connected without credentials")
	}
}

// A token stands where a user stands.
func TestNATSWithAToken(t *testing.T) {
	s := natstest.New(t, func(o *server.Options) { o.Authorization = "token" })
	reachEachOther(t, broker.NATSOptions{URL: "nats://token@" + s.Addr()})
}

// The first of several servers that answers is taken.
func TestNATSTakesTheServerThatAnswers(t *testing.T) {
	gone := listenTCP(t)
	_ = gone.Close()
	s := natstest.New(t)
	reachEachOther(t, broker.NATSOptions{URL: gone.Addr().String() + ", " + s.URL()})
}

func TestNATSOverWebSockets(t *testing.T) {
	s := natstest.New(t, func(o *server.Options) {
		o.Websocket = server.WebsocketOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoTLS: true}
	})
	reachEachOther(t, broker.NATSOptions{URL: s.Running().WebsocketURL()})
}

func newKey(t *testing.T, create func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	t.Helper()
	key, err := create()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(t *testing.T, key nkeys.KeyPair) string {
	t.Helper()
	name, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// An authority signs certificates for 127.0.0.1.
type authority struct {
	dir, file   string
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	template := &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.file = a.write(t, "authority", template)
	return a
}

func (a *authority) issue(t *testing.T, name string) string {
	t.Helper()
	return a.write(t, name, &x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
}

// write makes a key and a certificate for it, signed by the authority or, as its first, by itself.
func (a *authority) write(t *testing.T, name string, template *x509.Certificate) (file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	if a.certificate == nil {
		if a.certificate, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
		a.key = key
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for ending, block := range map[string]*pem.Block{".pem": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(a.dir, name+ending), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(a.dir, name+".pem")
}
