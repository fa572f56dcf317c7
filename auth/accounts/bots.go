package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"parley/audit"
	"parley/auth"
	"parley/auth/bots"
	"parley/auth/sessions"
	"parley/auth/standing"
	"parley/db"
	"parley/ent"
)

// CreateBot makes a bot and its token, which nobody is told again. Sent again with the same id by any server admin it makes nothing and
// returns the bot that is there, without a token. ErrForbidden: the caller is no server admin; BOT; SIGN_IN_AGAIN: their session did not
// begin within the last hour. Errors as of bots.Wish.Read and bots.Store. *auth.RateError.
func (s *Service) CreateBot(ctx context.Context, who auth.Identity, w bots.Wish) (*auth.BotToken, error) {
	if err := s.mayMakeTokens(ctx, who); err != nil {
		return nil, err
	}
	wanted, err := w.Read(s.store.Now())
	if err != nil {
		return nil, err
	}
	var made auth.BotToken
	err = s.store.WriteUnlessFull(ctx, func(ctx context.Context, tx *ent.Tx) error {
		if err := s.judgeMaker(ctx, tx, who); err != nil {
			return err
		}
		made, err = bots.Store(ctx, tx, wanted, s.o.MostBots)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("create bot: %w", err)
	}
	if made.Token != nil { // else it was there
		s.botChanged(ctx, who, audit.BotCreated, made.Bot.ID)
	}
	return &made, nil
}

// RenewBotToken gives a bot, by its username or id, another token, which nobody is told again. When it returns the last one is good for
// nothing here, and within two seconds anywhere; its sockets and streams have ended, also with db.ErrUnknownOutcome. ErrNoBot. Other errors as of CreateBot.
func (s *Service) RenewBotToken(ctx context.Context, who auth.Identity, nameOrID string) (*auth.BotToken, error) {
	if err := s.mayMakeTokens(ctx, who); err != nil {
		return nil, err
	}
	bot, err := s.UserByNameOrID(ctx, nameOrID)
	if err != nil {
		return nil, err
	}
	if !bot.IsBot {
		return nil, auth.ErrNoBot
	}
	var made auth.BotToken
	err = s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		if err := s.judgeMaker(ctx, tx, who, bot.ID); err != nil {
			return err
		}
		made, err = bots.Renew(ctx, tx, bot.ID)
		return err
	})
	if err != nil {
		s.perhapsEnded(ctx, err, bot, sessions.Ending{})
		return nil, fmt.Errorf("renew token: %w", err)
	}
	s.botChanged(ctx, who, audit.BotTokenRenewed, bot.ID)
	return &made, nil
}

// Bots are all bots by username, the disabled too. ErrForbidden: the caller is no server admin.
func (s *Service) Bots(ctx context.Context, who auth.Identity) (list []*auth.User, err error) {
	err = s.store.View(ctx, func(c *ent.Client) error {
		if err := standing.CheckAdmin(ctx, c, who.User.ID); err != nil {
			return err
		}
		list, err = bots.List(ctx, c)
		return err
	})
	return list, err
}

func (s *Service) mayMakeTokens(ctx context.Context, who auth.Identity) error {
	if who.User.IsBot {
		return auth.ErrForBots
	}
	return s.maySteer(ctx, who)
}

// judgeMaker locks a server admin, others with them, and their session, which began within the last hour.
func (s *Service) judgeMaker(ctx context.Context, tx *ent.Tx, who auth.Identity, others ...uuid.UUID) error {
	if err := standing.Lock(ctx, tx, append(others, who.User.ID)...); err != nil { // so that a call that is sent again waits for the first
		return err
	}
	if err := standing.CheckAdmin(ctx, tx.Client(), who.User.ID); err != nil {
		return err
	}
	return s.sessions.BeganLately(ctx, tx, who)
}

func (s *Service) botChanged(ctx context.Context, who auth.Identity, message string, bot uuid.UUID) {
	s.bots.Changed(bot)
	s.auditBy(ctx, who, message, slog.String("whom", bot.String()))
}

// perhapsEnded ends here what somebody has open, where nobody knows whether the commit of its end came to be. A bot that is good as before
// signs in anew.
func (s *Service) perhapsEnded(ctx context.Context, err error, whom *auth.User, e sessions.Ending) {
	if !errors.Is(err, db.ErrUnknownOutcome) {
		return
	}
	s.sessions.PerhapsEnded(ctx, e)
	if whom.IsBot {
		s.bots.Changed(whom.ID)
	}
}

// stillIn locks what the caller has signed in with, whose row the transaction has locked. ErrSessionRevoked, ErrUnauthenticated: it has ended.
func (s *Service) stillIn(ctx context.Context, tx *ent.Tx, who auth.Identity) error {
	if who.User.IsBot {
		return s.bots.StillIn(ctx, tx, who)
	}
	return s.sessions.StillIn(ctx, tx, who)
}
