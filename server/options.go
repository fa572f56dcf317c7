package server

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/accounts"
	"parley/auth/issuers"
	"parley/auth/passwords"
	"parley/auth/sessions"
	"parley/chat"
	"parley/db"
	"parley/graph"
	"parley/graph/document"
	"parley/graph/failures"
	"parley/limit"
	"parley/server/edge"
	"parley/server/settings"
	"parley/transport"
)

// The options of each package, from the settings. Defaults are those of the settings: every number is given.

func databaseOptions(c *settings.Config) db.Options {
	return db.Options{
		URL: c.DatabaseURL, Dir: c.Data, DiskMinFree: int64(c.DiskMinFree), WALMax: int64(c.SQLiteWALMax),
		Connections: int(c.DatabaseConnections),
	}
}

func authOptions(c *settings.Config, s *server, entries []issuers.Issuer) accounts.Options {
	return accounts.Options{
		Options: sessions.Options{
			AccessTokenLifetime: time.Duration(c.AccessTokenLifetime), RefreshTokenLifetime: time.Duration(c.RefreshTokenLifetime),
			Rotate: bool(c.RotateRefreshTokens), Blacklist: bool(c.BlacklistAfterRotation),
			ReuseWindow: time.Duration(c.RefreshReuseWindow), RetryWindow: time.Duration(c.RefreshRetryWindow),
			SessionLifetime: time.Duration(c.SessionLifetime), Leeway: time.Duration(c.Leeway),
			OnEnded: func(ids []uuid.UUID) {
				for _, id := range ids {
					s.transports.EndSessions(id.String())
				}
			},
		},
		LoginAttempts: limit.Rate(c.LoginAttempts), LoginRate: limit.Rate(c.LoginRate), RegisterRate: limit.Rate(c.RegisterRate),
		Registration: registration(c), ChangeRate: limit.Rate(c.MutationRate), MostBots: int(c.BotsMax),
		Withheld:  c.MembersMay.Withheld(),
		Hash:      passwords.Options{Parallel: int(c.HashParallel), Queue: int(c.HashQueue)},
		OnError:   func(err error) { s.logger.Error("sessions", "error", err) },
		OnDeleted: func() { s.chat.AccountDeleted() },
		Audit:     s.logger, RequestID: failures.RequestID,
		Issuers: entries,
	}
}

// registration says who may make an account.
func registration(c *settings.Config) auth.Registration {
	who, _ := c.WhoRegisters()
	return auth.Registration(strings.ToUpper(who))
}

// One part of the windows holds chats, the rest what was executed over them.
const chatWindows = 4

func chatOptions(c *settings.Config, s *server) chat.Options {
	return chat.Options{
		Notifier: s.notifier, TextLength: int(c.ChatMaxLength),
		QueueEntries: int(c.WriteQueue), BatchEntries: int(c.WriteBatch), HeadsInterval: time.Duration(c.HeadsInterval),
		WindowBytes: int64(c.WindowTotal) / chatWindows,
		SendRate:    limit.Rate(c.SendRate), BotSendRate: limit.Rate(c.BotSendRate), RoomSendRate: limit.Rate(c.RoomSendRate),
		MutationRate: limit.Rate(c.MutationRate), RoomCreateRate: limit.Rate(c.RoomCreateRate),
		RoomMaxMembers: int(c.RoomMaxMembers), UserMaxRooms: int(c.UserMaxRooms), Withheld: c.MembersMay.Withheld(), FindPerson: s.findPerson,
		OnEnrolling: func(left int) {
			s.logger.Info("people become members of rooms that they have sent to before", "rooms_left", left)
		},
		Audit: s.logger, RequestID: failures.RequestID,
		OnError: func(err error) { s.logger.Error("rooms", "error", err) },
	}
}

// findPerson is how rooms find whom a client names.
func (s *server) findPerson(ctx context.Context, nameOrID string) (chat.Caller, error) {
	u, err := s.auth.UserByNameOrID(ctx, nameOrID)
	if err != nil {
		return chat.Caller{}, err
	}
	return chat.Caller{ID: u.ID, Username: u.Username, Bot: u.IsBot}, nil
}

func graphOptions(c *settings.Config, s *server, transports transport.Options) graph.Options {
	return graph.Options{
		Auth: s.auth, Chat: s.chat, Logger: s.logger, Version: Version, Registration: registration(c), Withheld: c.MembersMay.Withheld(),
		TextLength: int(c.ChatMaxLength), Introspection: bool(c.Introspection),
		OperationTimeout: time.Duration(c.OperationTimeout), Leeway: time.Duration(c.Leeway),
		Documents: documentOptions(c), Transport: transports,
	}
}

func documentOptions(c *settings.Config) document.Limits {
	return document.Limits{
		MaxTokens: int(c.GQLMaxTokens), MaxFields: int(c.GQLMaxFields), MaxDepth: int(c.GQLMaxDepth),
		MaxAliases: int(c.GQLMaxAliases), MaxDirectives: int(c.GQLMaxDirectives), MaxFragments: int(c.GQLMaxFragments),
		MaxRootFields: int(c.GQLMaxRootFields), MaxCost: int(c.GQLMaxCost),
		Parallel: int(c.GQLParallel), Cache: int(c.GQLCache),
	}
}

func transportOptions(c *settings.Config, logger *slog.Logger) transport.Options {
	return transport.Options{
		Logger: logger, Origins: c.CORSAllowedOrigins.Allow,
		MaxBody: int64(c.HTTPMaxBody), MaxMessage: int64(c.WSMaxMessage), MaxOperations: int(c.WSMaxOperations),
		BodyTimeout: time.Duration(c.HTTPBodyTimeout), ResponseTimeout: time.Duration(c.HTTPResponseTimeout),
		MessageTimeout: time.Duration(c.WSMessageTimeout),
		InitTimeout:    time.Duration(c.WSInitTimeout), PingInterval: time.Duration(c.WSPingInterval), PongTimeout: time.Duration(c.WSPongTimeout),
		WriteTimeout: time.Duration(c.WriteTimeout), SSEKeepAlive: time.Duration(c.SSEKeepalive),
		WindowEvents: int(c.WindowEvents), WindowTotal: int64(c.WindowTotal) - int64(c.WindowTotal)/chatWindows, AnswersTotal: int64(c.AnswersTotal), CatchUpParallel: int(c.CatchupParallel),
		MaxParallel: int(c.WSMaxParallel), MessageRate: limit.Rate(c.WSMessageRate),
		MaxConnections: edge.MaxStreams(c, logger), AcceptRate: limit.Rate(c.AcceptRate),
		MaxConnectionsPerAddress: int(c.MaxConnectionsPerAddress), MaxUnsignedPerAddress: int(c.MaxUnsignedPerAddress),
		AddressRequestRate: limit.Rate(c.AddressRequestRate), MaxConnectionsPerUser: int(c.MaxConnectionsPerUser),
		UserRoomStreams: int(c.UserRoomStreams),
	}
}
