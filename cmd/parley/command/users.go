package command

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"parley/auth"
	"parley/auth/operator"
	"parley/server"
	"parley/server/settings"
)

// userCommand looks after accounts. What it does acts on running nodes within two seconds.
type userCommand struct {
	List        userListCommand        `cmd:"" help:"Show all accounts."`
	Add         userAddCommand         `cmd:"" help:"Make an account, whoever may register."`
	Disable     userDisableCommand     `cmd:"" help:"Sign somebody out everywhere and let them in nowhere; what they have said stays."`
	Enable      userEnableCommand      `cmd:"" help:"Let somebody in again."`
	SetPassword userSetPasswordCommand `cmd:"" help:"Give somebody another password and sign them out everywhere."`
}

type (
	userListCommand struct{}
	userAddCommand  struct {
		Name string `arg:"" help:"Their username. The password is the first line of stdin; from a terminal, or where nothing comes from it, one is made and shown."`
	}
	userDisableCommand struct {
		Name string `arg:"" help:"Their username or id."`
	}
	userEnableCommand struct {
		Name string `arg:"" help:"Their username or id."`
	}
	userSetPasswordCommand struct {
		Name string `arg:"" help:"Their username or id. The password is the first line of stdin; from a terminal, or where nothing comes from it, one is made and shown."`
	}
)

func (*userListCommand) Run(ctx context.Context, c *settings.Config, stdout, stderr io.Writer) error {
	return server.Operate(ctx, c, stderr, func(o *operator.Operator) error {
		out := bufio.NewWriter(stdout)
		err := o.Users(ctx, func(a operator.Account) { tellUser(out, a) })
		return errors.Join(err, out.Flush())
	})
}

func tellUser(out io.Writer, u operator.Account) {
	is := []string{u.ID.String(), u.CreatedAt.Format(time.DateTime)}
	for _, s := range []struct {
		is   bool
		word string
	}{
		{u.IsAdmin, "admin"},
		{u.IsBot, "bot"},
		{u.IsDisabled, "disabled"},
	} {
		if s.is {
			is = append(is, s.word)
		}
	}
	if u.Issuer != "" {
		is = append(is, fmt.Sprintf("%q of %s", u.Subject, u.Issuer))
	}
	fmt.Fprintf(out, "%s  %s\n", u.Username, strings.Join(is, "  "))
}

func (a *userAddCommand) Run(ctx context.Context, c *settings.Config, stdout, stderr io.Writer) error {
	password, made, err := readPassword(ctx, os.Stdin)
	if err != nil {
		return err
	}
	return server.Operate(ctx, c, stderr, func(o *operator.Operator) error {
		u, err := o.AddUser(ctx, a.Name, password)
		if err != nil {
			return why(a.Name, err)
		}
		tellPassword(stdout, u, "may sign in", password, made)
		return nil
	})
}

func (s *userSetPasswordCommand) Run(ctx context.Context, c *settings.Config, stdout, stderr io.Writer) error {
	password, made, err := readPassword(ctx, os.Stdin)
	if err != nil {
		return err
	}
	return server.Operate(ctx, c, stderr, func(o *operator.Operator) error {
		u, err := o.SetPassword(ctx, s.Name, password)
		if errors.Is(err, auth.ErrForbidden) {
			return fmt.Errorf("%s has no password: another system, or a token, says who they are", s.Name)
		}
		if err != nil {
			return why(s.Name, err)
		}
		tellPassword(stdout, u, "has a new password and is signed out everywhere", password, made)
		return nil
	})
}

// readPassword returns the first line of a stream, or where a person looks at it, or nothing comes from it, a password that is made.
func readPassword(ctx context.Context, from *os.File) (password string, made bool, err error) {
	if isScreen(from) {
		return rand.Text(), true, nil
	}
	type read struct {
		line string
		err  error
	}
	first := make(chan read, 1)
	go func() { // ends with the process: a pipe that says nothing cannot be given up otherwise
		line, err := bufio.NewReader(io.LimitReader(from, 64<<10)).ReadString('\n')
		first <- read{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", false, context.Cause(ctx)
	case got := <-first:
		password = strings.TrimRight(got.line, "\r\n")
		switch {
		case got.err != nil && !errors.Is(got.err, io.EOF):
			return "", false, fmt.Errorf("read the password: %w", got.err)
		case got.line == "":
			return rand.Text(), true, nil
		case password == "":
			return "", false, errors.New("the first line of stdin, the password, is empty")
		}
		return password, false, nil
	}
}

// tellPassword says what has become of somebody, and which password it was, because a loop in the shell may have given another line than was
// meant.
func tellPassword(stdout io.Writer, u *auth.User, what, password string, made bool) {
	if !made {
		fmt.Fprintf(stdout, "%s %s, with the password from stdin\n", u.Username, what)
		return
	}
	fmt.Fprintf(stdout, "%s %s\npassword: %s\n", u.Username, what, password)
}

func (d *userDisableCommand) Run(ctx context.Context, c *settings.Config, stdout, stderr io.Writer) error {
	return setDisabled(ctx, c, stdout, stderr, d.Name, true)
}

func (e *userEnableCommand) Run(ctx context.Context, c *settings.Config, stdout, stderr io.Writer) error {
	return setDisabled(ctx, c, stdout, stderr, e.Name, false)
}

func setDisabled(ctx context.Context, c *settings.Config, stdout, stderr io.Writer, name string, on bool) error {
	return server.Operate(ctx, c, stderr, func(o *operator.Operator) error {
		u, err := o.SetDisabled(ctx, name, on)
		if err != nil {
			return why(name, err)
		}
		fmt.Fprintf(stdout, "%s %s\n", u.Username, map[bool]string{true: "is disabled", false: "may sign in"}[on])
		return nil
	})
}

// why says what is wrong with somebody that a command was given.
func why(name string, err error) error {
	var bad *auth.InvalidError
	switch {
	case errors.Is(err, auth.ErrNoUser):
		return fmt.Errorf("there is no user %q", name)
	case errors.Is(err, auth.ErrUsernameTaken):
		return fmt.Errorf("the username %q is taken, also if its account was deleted", name)
	case errors.As(err, &bad):
		return fmt.Errorf("%s: %s", bad.Field, bad.Reason)
	}
	return err
}
