package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/invites"
	"parley/auth/operator"
	"parley/server"
	"parley/server/settings"
)

// adminCommand says who is a server admin. Nothing else makes one.
type adminCommand struct {
	List   adminListCommand   `cmd:"" help:"Show the server admins."`
	Add    adminAddCommand    `cmd:"" help:"Make somebody a server admin."`
	Remove adminRemoveCommand `cmd:"" help:"Make them one no more; also the last one."`
}

type (
	adminListCommand struct{}
	adminAddCommand  struct {
		Name string `arg:"" help:"Their username or id."`
	}
	adminRemoveCommand struct {
		Name string `arg:"" help:"Their username or id."`
	}
)

func (*adminListCommand) Run(ctx context.Context, c *settings.Config, stdout, stderr io.Writer) error {
	return server.Operate(ctx, c, stderr, func(o *operator.Operator) error {
		admins, err := o.Admins(ctx)
		for _, u := range admins {
			tellUser(stdout, operator.Account{User: u})
		}
		return err
	})
}

func (a *adminAddCommand) Run(ctx context.Context, c *settings.Config, stdout, stderr io.Writer) error {
	return setAdmin(ctx, c, stdout, stderr, a.Name, true)
}

func (r *adminRemoveCommand) Run(ctx context.Context, c *settings.Config, stdout, stderr io.Writer) error {
	return setAdmin(ctx, c, stdout, stderr, r.Name, false)
}

func setAdmin(ctx context.Context, c *settings.Config, stdout, stderr io.Writer, name string, on bool) error {
	return server.Operate(ctx, c, stderr, func(o *operator.Operator) error {
		u, err := o.SetAdmin(ctx, name, on)
		if errors.Is(err, auth.ErrForbidden) {
			return fmt.Errorf("%s is a bot, and no bot is a server admin", name)
		}
		if err != nil {
			return why(name, err)
		}
		fmt.Fprintf(stdout, "%s %s\n", u.Username, map[bool]string{true: "is a server admin", false: "is no server admin"}[on])
		return nil
	})
}

// inviteCommand makes an invite to the server.
type inviteCommand struct {
	Uses  int    `default:"1" help:"How many accounts it lets people make, at most 1000; 0: any number."`
	Until string `default:"" help:"When it ends: a time like 2031-01-31T12:00:00Z, or how long it lasts, like 7d. Left out: it does not by time."`
}

// Validate refuses what can be no invite; kong calls it.
func (i *inviteCommand) Validate() error {
	until, err := parseUntil(i.Until, time.Now())
	if err != nil {
		return err
	}
	_, err = invites.New(invites.Wish{Uses: &i.Uses, Until: until}, uuid.Nil, time.Now())
	var bad *auth.InvalidError
	switch {
	case errors.As(err, &bad) && bad.Field == "uses":
		return errors.New("--uses: want 1 to 1000, or 0 for any number")
	case err != nil:
		return errors.New("--until: want a time to come")
	}
	return nil
}

func (i *inviteCommand) Run(ctx context.Context, c *settings.Config, stdout, stderr io.Writer) error {
	until, err := parseUntil(i.Until, time.Now())
	if err != nil {
		return err
	}
	return server.Operate(ctx, c, stderr, func(o *operator.Operator) error {
		made, err := o.Invite(ctx, invites.Wish{Uses: &i.Uses, Until: until})
		if errors.Is(err, auth.ErrManyInvites) {
			return errors.New("there are 100 invites that let somebody in: a server admin can delete some")
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, made.Code)
		if who, why := c.WhoRegisters(); who != "invite" {
			fmt.Fprintf(stderr, "parley: with these settings registration is %s, because %s, and nobody is asked for the code\n", who, why)
			return nil
		}
		fmt.Fprintln(stderr, "parley: whoever opens /join# and the code at the address of this server can make an account")
		return nil
	})
}

// parseUntil reads when an invite ends: a point in time, or how long it lasts; nil: it does not.
func parseUntil(text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	var lasts settings.Duration
	if err != nil && lasts.UnmarshalText([]byte(text)) == nil {
		at, err = now.Add(time.Duration(lasts)), nil
	}
	if err != nil {
		return nil, errors.New("--until: want a time like 2031-01-31T12:00:00Z, or a duration like 7d")
	}
	return &at, nil
}
