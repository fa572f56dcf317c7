// Package schema says which rows Parley keeps and what each column promises. The unique indexes
// here are what the promises of the API rest on.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// User is a person with an account. The row outlives the account: its name stays taken, so that
// nobody can pose as the author of old chats.
type User struct{ ent.Schema }

func (User) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uid).Immutable(),
		field.Time("created_at").SchemaType(moment).Immutable(),
		field.String("username").
			Comment("the spelling given at registration, NFC; for display"),
		field.String("username_key").Unique().
			Comment("the identity: what PRECIS UsernameCaseMapped makes of the name"),
		field.String("password_hash").Sensitive().Optional().Nillable().
			Comment("PHC text of argon2id; null once the account is deleted"),
		field.Int("password_version").Default(0).
			Comment("+1 at each password change, so that a login and a change exclude each other"),
		field.Time("deleted_at").SchemaType(moment).Optional().Nillable(),
		field.Bool("leaving").Optional().Nillable().Comment("it is deleted, and rooms are left that it has not left yet"),
		field.Int64("rooms_version").Default(0).Comment("+1 when they join, leave or are removed: the place in their list of rooms"),
	}
}

func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("sessions", Session.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("rooms", Room.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("chats", Chat.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("memberships", Member.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("bans", Ban.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("invites", Invite.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("mentions", Mention.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("reactions", Reaction.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("blocks", Block.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("blocked_by", Block.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

func (User) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("leaving").Annotations(entsql.IndexWhere("leaving")), // holds next to nothing
	}
}
