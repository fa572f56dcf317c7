package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// registering is how many registrations run at once: each is a password hash on a core of its own.
const registering = 2

// A User is an account made for one run.
type User struct{ ID, Name, Password, Token, Refresh string }

// Register makes n accounts with random passwords.
func (a API) Register(ctx context.Context, n int) ([]User, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	users := make([]User, n)
	run := strings.ReplaceAll(uuid.NewString(), "-", "")[:12]
	var wg sync.WaitGroup
	for worker := range registering {
		wg.Go(func() {
			for i := worker; i < n && ctx.Err() == nil; i += registering {
				var err error
				if users[i], err = a.registerOne(ctx, fmt.Sprintf("bench%sn%d", run, i)); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return users, context.Cause(ctx)
}

// CreateBot makes a bot, for a server admin.
func (a API) CreateBot(ctx context.Context, username string) (User, error) {
	var answer struct {
		CreateBot struct {
			Bot   struct{ ID string }
			Token string
		}
	}
	err := a.Ask(ctx, `mutation($name:String!){createBot(username:$name){bot{id}token}}`, map[string]any{"name": username}, &answer)
	return User{ID: answer.CreateBot.Bot.ID, Name: username, Token: answer.CreateBot.Token}, err
}

func (a API) registerOne(ctx context.Context, name string) (User, error) {
	const document = `mutation($name:String!,$password:String!)` +
		`{register(username:$name,password:$password){accessToken refreshToken user{id}}}`
	password := uuid.NewString()
	variables := map[string]any{"name": name, "password": password}
	for {
		var answer struct {
			Register struct {
				AccessToken, RefreshToken string
				User                      struct{ ID string }
			}
		}
		err := a.Ask(ctx, document, variables, &answer)
		var no Refusal
		switch {
		case err == nil:
			r := answer.Register
			return User{r.User.ID, name, password, r.AccessToken, r.RefreshToken}, nil
		case errors.As(err, &no) && no.code == "SERVER_BUSY":
			time.Sleep(200 * time.Millisecond)
		case errors.As(err, &no) && no.code == "RATE_LIMITED":
			return User{}, fmt.Errorf("register: %w; start the server with PARLEY_REGISTER_RATE=0", err)
		default:
			return User{}, fmt.Errorf("register: %w", err)
		}
	}
}
