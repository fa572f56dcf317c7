// Command baseline is what Parley is measured against. Bare net/http servers over the same database,
// without GraphQL, sign-in or subscriptions, and a bare broadcast show what the machine can do
// at most; gqlgen's own transports before Parley's resolvers show what one gets without work. All but
// the last trust everything they are sent: for parleybench on loopback only. In one mode it is none of these,
// but starts what several nodes share.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"parley/bench/baseline/backing"
	"parley/bench/baseline/crowd"
	"parley/bench/baseline/stock"
)

func main() {
	var o options
	flag.StringVar(&o.mode, "mode", "", "`single`: one transaction a send; group: what has queued up is one; page, lists: reads only; "+
		"raw: a broadcast without a database; stock: gqlgen's own transports before Parley's resolvers; "+
		"backing: a Postgres and a NATS server for others; dump: rows into files, and no server; load: from there; crowd: adds many rooms and people, and prints who they are; talk: adds rooms in which much was said")
	flag.StringVar(&o.database, "db", "", "a database of Parley: a `file`, or for single and group a URL of Postgres; single, group and stock write to it")
	flag.IntVar(&o.connections, "connections", 8, "to Postgres, of single")
	flag.IntVar(&o.rooms, "rooms", 100_000, "of a crowd")
	flag.IntVar(&o.people, "people", 1000, "of a crowd in many rooms, and as many in few")
	flag.StringVar(&o.dir, "dir", "", "`directory` of those files, or for the data of backing; empty: the system's for temporary files")
	flag.Parse()
	debug.SetGCPercent(300) // as Parley does
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	do := serve
	switch o.mode {
	case "dump", "load":
		do = move
	case "crowd":
		do = fill
	case "talk":
		do = fillTalk
	}
	err := do(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options say what to serve.
type options struct {
	mode, database, dir string
	connections         int
	rooms, people       int
}

// fill adds a crowd to a database and prints it.
func fill(ctx context.Context, o options) error {
	c, err := crowd.Fill(ctx, o.database, o.rooms, o.people)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(c)
}

// fillTalk adds rooms in which much was said, and prints whose they are.
func fillTalk(ctx context.Context, o options) error {
	t, err := crowd.FillTalk(ctx, o.database)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(t)
}

// serve answers on a port of its choice until ctx ends.
func serve(ctx context.Context, o options) error {
	handler, closeStore, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer closeStore()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: handler}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(os.Stderr, "listening on http://%s\n", listener.Addr())
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}

// open makes the handler of a mode and returns how to close what is behind it.
func open(ctx context.Context, o options) (http.Handler, func(), error) {
	switch o.mode {
	case "raw":
		return newRaw(), func() {}, nil
	case "backing":
		b, err := backing.Open(ctx, o.dir)
		if err != nil {
			return nil, nil, err
		}
		return b, b.Close, nil
	}
	if strings.HasPrefix(o.database, "postgres://") {
		return openPostgres(ctx, o)
	}
	if _, err := os.Stat(o.database); err != nil {
		return nil, nil, fmt.Errorf("-db: %w", err)
	}
	return openSQLite(ctx, o)
}

func openSQLite(ctx context.Context, o options) (http.Handler, func(), error) {
	switch o.mode {
	case "single":
		s, err := newSingle(o.database)
		if err != nil {
			return nil, nil, err
		}
		return sendHandler(s), s.close, nil
	case "group":
		b, err := newBatches(o.database)
		if err != nil {
			return nil, nil, err
		}
		g := newGroup(b)
		return sendHandler(g), g.close, nil
	case "page":
		p, err := newPages(o.database)
		if err != nil {
			return nil, nil, err
		}
		return p, p.close, nil
	case "lists":
		l, err := newLists(o.database)
		if err != nil {
			return nil, nil, err
		}
		return l, l.close, nil
	case "stock":
		s, err := stock.Open(ctx, o.database)
		if err != nil {
			return nil, nil, err
		}
		return s, s.Close, nil
	}
	return nil, nil, fmt.Errorf("-mode: %q is not single, group, page, lists, raw, stock, backing, dump, load, crowd or talk", o.mode)
}

func openPostgres(ctx context.Context, o options) (http.Handler, func(), error) {
	switch o.mode {
	case "single":
		s, err := newPgSingle(ctx, o.database, o.connections)
		if err != nil {
			return nil, nil, err
		}
		return sendHandler(s), s.close, nil
	case "group":
		b, err := newPgBatches(ctx, o.database)
		if err != nil {
			return nil, nil, err
		}
		g := newGroup(b)
		return sendHandler(g), g.close, nil
	}
	return nil, nil, fmt.Errorf("-mode: %q is not single, group, dump or load, which are all there is on Postgres", o.mode)
}
