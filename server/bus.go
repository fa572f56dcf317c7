package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"parley/broker"
	"parley/chat"
	"parley/db"
)

// A doorbell wakes readers, here and on other nodes.
type doorbell interface {
	chat.Notifier
	Stats() broker.Stats
}

// openBell chooses it: NATS, else the database that nodes share, else this process alone. closing lets the
// last bells leave.
func openBell(c *Config, logger *slog.Logger, store *db.Store) (_ doorbell, closing func(), err error) {
	report := func(bus string) func(error) {
		return func(why error) {
			if why != nil {
				logger.Warn(bus+" does not carry bells: chats from other nodes come late", "latest", time.Duration(c.HeadsInterval).String(), "error", why)
				return
			}
			logger.Info(bus + " carries bells again")
		}
	}
	switch {
	case c.NATSURL != "":
		n, err := broker.NewNATS(broker.NATSOptions{
			URL: c.NATSURL, Credentials: c.NATSCredentials, CA: c.NATSCA, Certificate: c.NATSCertificate, Key: c.NATSKey,
			Report: report("NATS"),
		})
		if err != nil {
			return nil, nil, err
		}
		return n, func() { n.Close(context.Background()) }, nil
	case store.Shared():
		p := broker.NewPostgres(store, report("Postgres"))
		return p, func() { p.Close(context.Background()) }, nil
	}
	return &broker.Memory{}, func() {}, nil
}

// checkNATS refuses settings that would go unheard.
func (c *Config) checkNATS() error {
	for _, s := range []struct{ name, value string }{
		{"CREDENTIALS", c.NATSCredentials},
		{"CA", c.NATSCA},
		{"CERTIFICATE", c.NATSCertificate},
		{"KEY", c.NATSKey},
	} {
		if s.value != "" && c.NATSURL == "" {
			return fmt.Errorf("PARLEY_NATS_%s: given without PARLEY_NATS_URL", s.name)
		}
	}
	if (c.NATSCertificate == "") != (c.NATSKey == "") {
		return errors.New("PARLEY_NATS_CERTIFICATE and PARLEY_NATS_KEY: give both or neither")
	}
	return nil
}
