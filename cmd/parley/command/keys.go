package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"parley/auth/keys"
	"parley/server/settings"
)

// keysCommand looks after the keys that sign tokens. A running server reads them at its next start.
type keysCommand struct {
	List   keysListCommand   `cmd:"" help:"Show the keys; secrets are never shown."`
	Add    keysAddCommand    `cmd:"" help:"Make a new key, which signs from the next start on; tokens of the others stay good."`
	Retire keysRetireCommand `cmd:"" help:"Retire a key: from the next start on its tokens are refused."`
}

type (
	keysListCommand   struct{}
	keysAddCommand    struct{}
	keysRetireCommand struct {
		KID string `arg:"" name:"kid" help:"As shown by parley keys list."`
	}
)

// errKeysElsewhere: the file would be changed and nobody would read it.
var errKeysElsewhere = errors.New("PARLEY_SIGNING_KEY is set, and the keys of the data directory are not used: change the setting instead")

func (*keysListCommand) Run(_ context.Context, c *settings.Config, stdout, _ io.Writer) error {
	list, err := keys.List(c.Data)
	if err != nil {
		return err
	}
	for _, k := range list {
		fmt.Fprintf(stdout, "%s  made %s  %s\n", k.ID, k.Made.Format(time.DateTime), stateOf(k))
	}
	return nil
}

func stateOf(k keys.Info) string {
	switch {
	case k.Signs:
		return "signs"
	case k.Retired != nil:
		return "retired " + k.Retired.Format(time.DateTime)
	}
	return "verifies"
}

func (*keysAddCommand) Run(_ context.Context, c *settings.Config, stdout, _ io.Writer) error {
	if c.SigningKey != "" {
		return errKeysElsewhere
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("PARLEY_DATA: %w", err)
	}
	kid, err := keys.Add(c.Data)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s signs from the next start on\n", kid)
	return nil
}

func (k *keysRetireCommand) Run(_ context.Context, c *settings.Config, stdout, _ io.Writer) error {
	if c.SigningKey != "" {
		return errKeysElsewhere
	}
	if err := keys.Retire(c.Data, k.KID); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s is refused from the next start on\n", k.KID)
	return nil
}
