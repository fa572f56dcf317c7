package suite

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"

	"parley/bench/client"
	"parley/bench/process"
)

// A Backing is what several nodes share: Postgres and NATS in a process of their own, which is told over
// HTTP, and the accounts in the database that all others are copies of.
type Backing struct {
	process *process.Process
	key     string // of the tokens, the same for all nodes
	Users   []client.User
	Rooms   []string
}

// SeedDatabase is the name of that database.
const SeedDatabase = "seed"

// backingRooms are the rooms there: a hot one, and as many as are not hot together.
const backingRooms = 1 + 50

// NeedBacking starts what nodes share, once.
func (s *Suite) NeedBacking(ctx context.Context) (*Backing, error) {
	if s.Backing != nil {
		return s.Backing, nil
	}
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	b := &Backing{key: base64.StdEncoding.EncodeToString(secret[:])}
	var err error
	if b.process, err = process.Start(ctx, exec.Command(s.Baseline, "-mode", "backing", "-dir", s.Dir)); err != nil {
		return nil, err
	}
	s.servers = append(s.servers, b.process)
	url, err := b.Database(ctx, SeedDatabase, "")
	if err != nil {
		return nil, err
	}
	s.Backing = b
	p, err := s.Node(ctx, SeedDatabase, url)
	if err != nil {
		return nil, err
	}
	if b.Users, err = (client.API{URL: p.URL}).Register(ctx, s.Clients); err != nil {
		return nil, err
	}
	if b.Rooms, err = (client.API{URL: p.URL, Token: b.Users[0].Token}).CreateRooms(ctx, backingRooms); err != nil {
		return nil, err
	}
	return b, p.Stop()
}

// Database makes one, as a copy of another unless that is empty, and returns its URL.
func (b *Backing) Database(ctx context.Context, name, like string) (string, error) {
	return b.order(ctx, http.MethodPost, "/databases/"+name+"?like="+like)
}

// StartNATS returns its URL, always the same.
func (b *Backing) StartNATS(ctx context.Context) (string, error) {
	return b.order(ctx, http.MethodPost, "/nats")
}

// StopNATS stops it; StartNATS starts it again at the same address.
func (b *Backing) StopNATS(ctx context.Context) error {
	_, err := b.order(ctx, http.MethodDelete, "/nats")
	return err
}

func (b *Backing) order(ctx context.Context, method, path string) (_ string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, b.process.URL+path, nil)
	if err != nil {
		return "", fmt.Errorf("make request: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	return string(text), err
}

// Node starts one of several servers that share a database; name is its data directory.
func (s *Suite) Node(ctx context.Context, name, url string, more ...string) (*process.Process, error) {
	return s.Parley(ctx, "node_"+name, append(more, "PARLEY_DATABASE_URL="+url, "PARLEY_SIGNING_KEY="+s.Backing.key)...)
}
