package bots

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/rows"
	"parley/ent"
	"parley/ent/user"
	"parley/naming"
	"parley/naming/usernames"
)

// prefix begins every token of a bot, so that it is known from an access token, and found where it should not lie.
const prefix = "parley_bot_"

// IsToken says whether a text can only be the token of a bot.
func IsToken(text string) bool { return strings.HasPrefix(text, prefix) }

// newToken makes a token of 256 random bits, and what is stored of it.
func newToken() (token string, sum []byte) {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	token = prefix + base64.RawURLEncoding.EncodeToString(secret[:])
	full := sha256.Sum256([]byte(token))
	return token, full[:]
}

// A Wish is a bot that is to be made: name and image are what is shown of it, nil: its username and none; id is the client's own UUID,
// nil: one is made.
type Wish struct {
	Username        string
	Name, Image, ID *string
}

// Wanted is a wish that was found good.
type Wanted struct {
	usernames.Name
	id           uuid.UUID
	shown, image *string
	at           time.Time
}

// Read reads a wish. *auth.InvalidError: username, as usernames.Parse says, name, as naming.Nickname, image, as
// naming.CheckImage; id ID_INVALID.
func (w Wish) Read(now time.Time) (*Wanted, error) {
	n, reason := usernames.Parse(w.Username)
	if reason != "" {
		return nil, &auth.InvalidError{Field: "username", Reason: reason}
	}
	wanted := &Wanted{Name: n, id: uuid.Must(uuid.NewV7()), image: w.Image, at: now}
	if w.Name != nil {
		shown, reason := naming.Nickname(*w.Name)
		if reason != "" {
			return nil, &auth.InvalidError{Field: "name", Reason: reason}
		}
		wanted.shown = &shown
	}
	if w.Image != nil {
		if reason := naming.CheckImage(*w.Image); reason != "" {
			return nil, &auth.InvalidError{Field: "image", Reason: reason}
		}
	}
	if w.ID != nil {
		var ok bool
		if wanted.id, ok = naming.ParseID(*w.ID); !ok || wanted.id == uuid.Nil {
			return nil, &auth.InvalidError{Field: "id", Reason: "ID_INVALID"}
		}
	}
	return wanted, nil
}

// Store stores a bot, and returns it with its token, or the one that is there of the same id and username, without. most is how many
// may be let in. auth.ErrIDTaken, auth.ErrUsernameTaken, auth.ErrManyBots.
func Store(ctx context.Context, tx *ent.Tx, w *Wanted, most int) (auth.BotToken, error) {
	there, err := tx.User.Get(ctx, w.id)
	switch {
	case err == nil && rows.User(there).IsBot && there.UsernameKey == w.Key && there.DeletedAt == nil:
		return auth.BotToken{Bot: rows.User(there)}, nil
	case err == nil:
		return auth.BotToken{}, auth.ErrIDTaken
	case !ent.IsNotFound(err):
		return auth.BotToken{}, fmt.Errorf("find bot: %w", err)
	}
	taken, err := tx.User.Query().Where(user.UsernameKey(w.Key)).Exist(ctx)
	if err != nil {
		return auth.BotToken{}, fmt.Errorf("find username: %w", err)
	}
	if taken {
		return auth.BotToken{}, auth.ErrUsernameTaken
	}
	n, err := tx.User.Query().Where(user.Bot(true), user.DeletedAtIsNil()).Count(ctx)
	if err != nil {
		return auth.BotToken{}, fmt.Errorf("count bots: %w", err)
	}
	if n >= most {
		return auth.BotToken{}, auth.ErrManyBots
	}
	token, sum := newToken()
	row, err := tx.User.Create().SetID(w.id).SetCreatedAt(w.at).SetUsername(w.Display).SetUsernameKey(w.Key).
		SetNillableName(w.shown).SetNillableImage(w.image).SetBot(true).SetTokenHash(sum).Save(ctx)
	if err != nil { // where the id or the name is there meanwhile, this is repeated and finds it
		return auth.BotToken{}, err
	}
	return auth.BotToken{Bot: rows.User(row), Token: &token}, nil
}

// Renew gives a bot whose row is locked another token. auth.ErrNoBot: it is none.
func Renew(ctx context.Context, tx *ent.Tx, bot uuid.UUID) (auth.BotToken, error) {
	token, sum := newToken()
	n, err := tx.User.Update().Where(user.ID(bot), user.Bot(true), user.DeletedAtIsNil()).SetTokenHash(sum).Save(ctx)
	switch {
	case err != nil:
		return auth.BotToken{}, fmt.Errorf("renew token: %w", err)
	case n == 0:
		return auth.BotToken{}, auth.ErrNoBot
	}
	row, err := tx.User.Get(ctx, bot)
	if err != nil {
		return auth.BotToken{}, fmt.Errorf("read bot: %w", err)
	}
	return auth.BotToken{Bot: rows.User(row), Token: &token}, nil
}

// List are all bots by username, the disabled too.
func List(ctx context.Context, c *ent.Client) ([]*auth.User, error) {
	found, err := c.User.Query().Where(user.Bot(true), user.DeletedAtIsNil()).Order(user.ByUsernameKey()).Select(rows.UserColumns...).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list bots: %w", err)
	}
	bots := make([]*auth.User, len(found))
	for i, row := range found {
		bots[i] = rows.User(row)
	}
	return bots, nil
}
