// Command baseline is what Parley is measured against. Bare net/http servers over the same SQLite
// file, without GraphQL, sign-in or subscriptions, and a bare broadcast show what the machine can do
// at most; gqlgen's own transports before Parley's resolvers show what one gets without work. All but
// the last trust everything they are sent: for parleybench on loopback only.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"parley/cmd/parleybench/baseline/stock"
)

func main() {
	mode := flag.String("mode", "", "`single`: one transaction a send; group: what has queued up is one; page: reads only; "+
		"raw: a broadcast without a database; stock: gqlgen's own transports before Parley's resolvers")
	file := flag.String("db", "", "a database `file` of Parley; single, group and stock write to it")
	flag.Parse()
	debug.SetGCPercent(300) // as Parley does
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := serve(ctx, *mode, *file)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers on a port of its choice until ctx ends.
func serve(ctx context.Context, mode, file string) error {
	handler, closeStore, err := open(ctx, mode, file)
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

// open makes the handler of a mode and answers how to close what is behind it.
func open(ctx context.Context, mode, file string) (http.Handler, func(), error) {
	if mode == "raw" {
		return newRaw(), func() {}, nil
	}
	if _, err := os.Stat(file); err != nil {
		return nil, nil, fmt.Errorf("-db: %w", err)
	}
	switch mode {
	case "single":
		s, err := newSingle(file)
		if err != nil {
			return nil, nil, err
		}
		return sendHandler(s), s.close, nil
	case "group":
		g, err := newGroup(file)
		if err != nil {
			return nil, nil, err
		}
		return sendHandler(g), g.close, nil
	case "page":
		p, err := newPages(file)
		if err != nil {
			return nil, nil, err
		}
		return p, p.close, nil
	case "stock":
		s, err := stock.Open(ctx, file)
		if err != nil {
			return nil, nil, err
		}
		return s, s.Close, nil
	}
	return nil, nil, fmt.Errorf("-mode: %q is not single, group, page, raw or stock", mode)
}
