package server

import (
	"context"
	"log/slog"
	"time"

	"parley/broker"
	"parley/chat"
	"parley/db"
	"parley/server/settings"
)

// A notifier wakes readers, here and on other nodes.
type notifier interface {
	chat.Notifier
	Stats() broker.Stats
}

// openNotifier chooses it: NATS, else the database that nodes share, else this process alone. closing sends the last
// notifications.
func openNotifier(c *settings.Config, logger *slog.Logger, store *db.Store) (_ notifier, closing func(), err error) {
	report := func(bus string) func(error) {
		return func(why error) {
			if why != nil {
				logger.Warn(bus+" does not carry notifications: chats from other nodes come late", "latest", time.Duration(c.HeadsInterval).String(), "error", why)
				return
			}
			logger.Info(bus + " carries notifications again")
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
