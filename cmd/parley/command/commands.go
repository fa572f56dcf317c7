package command

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"parley/server"
	"parley/server/settings"
)

// commandLine is what can be typed. Without a command it serves.
type commandLine struct {
	settings.Config

	Serve       serveCommand       `cmd:"" default:"1" help:"Serve (what happens without a command)."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the database up to date and stop."`
	Backup      backupCommand      `cmd:"" help:"Copy the database into a new file; a server may run meanwhile."`
	Export      exportCommand      `cmd:"" help:"Write all data, password hashes too, as lines of JSON; a server may run meanwhile."`
	Import      importCommand      `cmd:"" help:"Fill an empty database, of either kind, with what export wrote."`
	Keys        keysCommand        `cmd:"" help:"Look after the keys that sign tokens."`
	User        userCommand        `cmd:"" help:"Look after accounts; a server may run meanwhile."`
	Admin       adminCommand       `cmd:"" help:"Say who is a server admin; a server may run meanwhile."`
	Invite      inviteCommand      `cmd:"" help:"Make an invite to the server and show its code; a server may run meanwhile."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask the server at PARLEY_ADDR whether it can serve."`
	Version     versionCommand     `cmd:"" help:"Show the release."`
}

// A runner is a command.
type runner interface {
	Run(ctx context.Context, c *settings.Config, stdout, stderr io.Writer) error
}

type (
	serveCommand       struct{}
	migrateCommand     struct{}
	healthcheckCommand struct{}
	versionCommand     struct{}
)

func (*serveCommand) Run(ctx context.Context, c *settings.Config, _, stderr io.Writer) error {
	return server.Run(ctx, c, stderr, func(addr net.Addr) { fmt.Fprintf(stderr, "listening on http://%s\n", addr) })
}

func (*migrateCommand) Run(ctx context.Context, c *settings.Config, stdout, stderr io.Writer) error {
	if err := server.Migrate(ctx, c, stderr); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "the database is up to date")
	return nil
}

func (*healthcheckCommand) Run(ctx context.Context, c *settings.Config, stdout, _ io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Addr+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("PARLEY_ADDR: %w", err)
	}
	// 0.0.0.0 is this machine, but net/http would ask the proxy of the environment for it.
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return fmt.Errorf("no server answers at %s", c.Addr)
	}
	defer func() { _ = response.Body.Close() }() // nothing more is read
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server at %s is not ready: %s", c.Addr, response.Status)
	}
	fmt.Fprintln(stdout, "ready")
	return nil
}

func (*versionCommand) Run(_ context.Context, _ *settings.Config, stdout, _ io.Writer) error {
	fmt.Fprintln(stdout, "parley "+server.Version)
	return nil
}
