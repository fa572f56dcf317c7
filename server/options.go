package server

import (
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/auth/accounts"
	"parley/chat"
	"parley/graph"
	"parley/transport"
)

// What each package is told of the settings.

func authOptions(c *Config, s *server) accounts.Options {
	o := accounts.Defaults()
	o.AccessTokenLifetime, o.RefreshTokenLifetime = time.Duration(c.AccessTokenLifetime), time.Duration(c.RefreshTokenLifetime)
	o.Rotate, o.Blacklist = bool(c.RotateRefreshTokens), bool(c.BlacklistAfterRotation)
	o.ReuseWindow, o.RetryWindow = time.Duration(c.RefreshReuseWindow), time.Duration(c.RefreshRetryWindow)
	o.SessionLifetime, o.Leeway = time.Duration(c.SessionLifetime), time.Duration(c.Leeway)
	o.LoginAttempts = c.LoginAttempts.Rate
	o.LoginRate, o.RegisterRate = c.LoginRate.Rate, c.RegisterRate.Rate
	o.Hash.Parallel, o.Hash.Queue = int(c.HashParallel), int(c.HashQueue)
	o.OnEnded = func(sessions []uuid.UUID) {
		for _, id := range sessions {
			s.transports.EndSessions(id.String())
		}
	}
	o.Audit, o.RequestID = s.logger, graph.RequestID
	o.OnError = func(err error) { s.logger.Error("sessions", "error", err) }
	return o
}

// One part of the windows holds chats, the rest what was executed over them.
const chatWindows = 4

func chatOptions(c *Config, s *server) chat.Options {
	return chat.Options{
		Broker: s.bell, TextLength: int(c.ChatMaxLength),
		QueueEntries: int(c.WriteQueue), BatchEntries: int(c.WriteBatch), HeadsInterval: time.Duration(c.HeadsInterval),
		WindowBytes: int64(c.WindowTotal) / chatWindows,
		SendRate:    chat.Rate(c.SendRate.Rate), RoomSendRate: chat.Rate(c.RoomSendRate.Rate),
		MutationRate: chat.Rate(c.MutationRate.Rate), RoomCreateRate: chat.Rate(c.RoomCreateRate.Rate),
		OnError: func(err error) { s.logger.Error("rooms", "error", err) },
	}
}

func documentOptions(c *Config) graph.DocumentOptions {
	return graph.DocumentOptions{
		MaxTokens: int(c.GQLMaxTokens), MaxFields: int(c.GQLMaxFields), MaxDepth: int(c.GQLMaxDepth),
		MaxAliases: int(c.GQLMaxAliases), MaxDirectives: int(c.GQLMaxDirectives), MaxFragments: int(c.GQLMaxFragments),
		MaxRootFields: int(c.GQLMaxRootFields), MaxCost: int(c.GQLMaxCost),
		Parallel: int(c.GQLParallel), Cache: int(c.GQLCache),
	}
}

func transportOptions(c *Config, logger *slog.Logger) transport.Options {
	return transport.Options{
		Logger: logger, Origins: c.CORSAllowedOrigins.allow,
		MaxBody: int64(c.HTTPMaxBody), MaxMessage: int64(c.WSMaxMessage), MaxOperations: int(c.WSMaxOperations),
		BodyTimeout: time.Duration(c.HTTPBodyTimeout), ResponseTimeout: time.Duration(c.HTTPResponseTimeout),
		MessageTimeout: time.Duration(c.WSMessageTimeout),
		InitTimeout:    time.Duration(c.WSInitTimeout), PingInterval: time.Duration(c.WSPingInterval), PongTimeout: time.Duration(c.WSPongTimeout),
		WriteTimeout: time.Duration(c.WriteTimeout), SSEKeepAlive: time.Duration(c.SSEKeepalive),
		WindowEvents: int(c.WindowEvents), WindowTotal: int64(c.WindowTotal) - int64(c.WindowTotal)/chatWindows, AnswersTotal: int64(c.AnswersTotal), CatchUpParallel: int(c.CatchupParallel),
		MaxParallel: int(c.WSMaxParallel), MessageRate: transport.Rate(c.WSMessageRate.Rate),
		MaxConnections: maxConnections(c, logger), AcceptRate: transport.Rate(c.AcceptRate.Rate),
		MaxConnectionsPerAddress: int(c.MaxConnectionsPerAddress), MaxUnsignedPerAddress: int(c.MaxUnsignedPerAddress),
		AddressRequestRate: transport.Rate(c.AddressRequestRate.Rate), MaxConnectionsPerUser: int(c.MaxConnectionsPerUser),
		UserRoomStreams: int(c.UserRoomStreams),
	}
}
