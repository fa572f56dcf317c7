// Package subjects is the rows of people of another system: its issuer and their subject there are who they are, and
// nothing else is. It rests on the unique index over the two: the insert that succeeds makes the person, on whichever node, and
// who comes later finds them. A username is chosen once, for the eye; it decides nothing and never changes. It knows no token.
package subjects

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/issuers"
	"parley/ent"
	"parley/ent/user"
	"parley/naming"
)

// ID stands for a person where something is counted, whether they have a row or not.
func ID(p issuers.Person) uuid.UUID {
	return uuid.NewSHA1(uuid.Nil, []byte(p.Issuer+"\x00"+p.Subject))
}

// Update locks the row of a person, and changes what is shown of them to what their token says. nil: they have none.
func Update(ctx context.Context, tx *ent.Tx, p issuers.Person) (*ent.User, error) {
	change := tx.User.Update().Where(user.Issuer(p.Issuer), user.Subject(p.Subject)).AddPasswordVersion(0)
	show(change.Mutation(), p)
	n, err := change.Save(ctx)
	if err != nil || n == 0 {
		return nil, wrap(err)
	}
	row, err := tx.User.Query().Where(user.Issuer(p.Issuer), user.Subject(p.Subject)).Only(ctx)
	return row, wrap(err)
}

// Ensure is Update, and makes the person where there is none. made: it has. auth.ErrBusy: all usernames that were tried are taken.
func Ensure(ctx context.Context, tx *ent.Tx, p issuers.Person, now time.Time) (row *ent.User, made bool, err error) {
	if row, err = Update(ctx, tx, p); row != nil || err != nil {
		return row, false, err
	}
	for name := range candidates(p.Username) {
		id := uuid.Must(uuid.NewV7())
		create := tx.User.Create().SetID(id).SetCreatedAt(now).SetUsername(name.Display).SetUsernameKey(name.Key).
			SetIssuer(p.Issuer).SetSubject(p.Subject)
		show(create.Mutation(), p)
		err := create.OnConflict().DoNothing().Exec(ctx)
		if err == nil {
			row, err = tx.User.Get(ctx, id)
			return row, true, wrap(err)
		}
		if !errors.Is(err, sql.ErrNoRows) { // so Ent says that there was a conflict
			return nil, false, wrap(err)
		}
		// The name is taken, or another node has just made the person.
		if row, err = Update(ctx, tx, p); row != nil || err != nil {
			return row, false, err
		}
	}
	return nil, false, auth.ErrBusy
}

// show sets what is shown of somebody to what their token says. What does not fit is left out: the name stays as it is, and there is no image.
func show(row *ent.UserMutation, p issuers.Person) {
	if name, reason := naming.Nickname(p.Name); reason == "" {
		row.SetName(name)
	}
	if naming.CheckImage(p.Image.Text) == "" {
		row.SetImage(p.Image.Text)
	} else if p.Image.Follows {
		row.ClearImage()
	}
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("person of an issuer: %w", err)
}
