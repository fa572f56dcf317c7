package main

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

// A backing is what several nodes share: Postgres and NATS in a process of their own, which is told over
// HTTP, and the accounts in the database that all others are copies of.
type backing struct {
	process *process.Process
	key     string // of the tokens, the same for all nodes
	users   []client.User
	rooms   []string
}

// seedDatabase is the name of that database.
const seedDatabase = "seed"

// backingRooms are the rooms there: a hot one, and as many as are not hot together.
const backingRooms = 1 + 50

// needBacking starts what nodes share, once.
func (s *suite) needBacking(ctx context.Context) (*backing, error) {
	if s.backing != nil {
		return s.backing, nil
	}
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	b := &backing{key: base64.StdEncoding.EncodeToString(secret[:])}
	var err error
	if b.process, err = process.Start(ctx, exec.Command(s.baseline, "-mode", "backing", "-dir", s.dir)); err != nil {
		return nil, err
	}
	s.servers = append(s.servers, b.process)
	url, err := b.database(ctx, seedDatabase, "")
	if err != nil {
		return nil, err
	}
	s.backing = b
	p, err := s.node(ctx, seedDatabase, url)
	if err != nil {
		return nil, err
	}
	if b.users, err = (client.API{URL: p.URL}).Register(ctx, s.clients); err != nil {
		return nil, err
	}
	if b.rooms, err = (client.API{URL: p.URL, Token: b.users[0].Token}).CreateRooms(ctx, backingRooms); err != nil {
		return nil, err
	}
	return b, p.Stop()
}

// database makes one, as a copy of another unless that is empty, and answers its URL.
func (b *backing) database(ctx context.Context, name, like string) (string, error) {
	return b.order(ctx, http.MethodPost, "/databases/"+name+"?like="+like)
}

// startNATS answers its URL, always the same.
func (b *backing) startNATS(ctx context.Context) (string, error) {
	return b.order(ctx, http.MethodPost, "/nats")
}

func (b *backing) stopNATS(ctx context.Context) error {
	_, err := b.order(ctx, http.MethodDelete, "/nats")
	return err
}

func (b *backing) order(ctx context.Context, method, path string) (_ string, err error) {
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

// node starts one of several servers that share a database; name is its data directory.
func (s *suite) node(ctx context.Context, name, url string, more ...string) (*process.Process, error) {
	return s.parley(ctx, "node_"+name, append(more, "PARLEY_DATABASE_URL="+url, "PARLEY_SIGNING_KEY="+s.backing.key)...)
}
