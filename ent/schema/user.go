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
			Comment("PHC text of argon2id; null once the account is deleted, and of people of an issuer and bots, who have none"),
		field.Int("password_version").Default(0).
			Comment("+1 at each password change, so that a login and a change exclude each other"),
		field.Time("deleted_at").SchemaType(moment).Optional().Nillable(),
		field.Bool("leaving").Optional().Nillable().Comment("it is deleted, and rooms are left that it has not left yet"),
		field.Int64("rooms_version").Default(0).Comment("+1 when they join, leave or are removed: the place in their list of rooms"),

		// What interfaces show beside the username.
		field.String("name").Optional().Nillable().Comment("as PRECIS Nickname has it; null: the username"),
		field.String("image").Optional().Nillable().Comment("an address, from a token or whoever made the bot"),

		// What they are besides a person with a password.
		field.Bool("admin").Optional().Nillable().Comment("of the server, made by the shell; never a bot"),
		field.Time("disabled_at").SchemaType(moment).Optional().Nillable().Comment("they are let in nowhere; what they are and have said stays"),
		field.String("issuer").Optional().Nillable().Comment("whose tokens say who they are; null: their password does"),
		field.String("subject").Optional().Nillable().Comment("who they are there; with issuer their identity"),
		field.Bool("bot").Optional().Nillable().Comment("an account without sessions, of the token whose hash is beside it"),
		field.Bytes("token_hash").MaxLen(32).Sensitive().Optional().Nillable().Comment("SHA-256 of a bot's token; null once deleted"),
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
		edge.To("server_invites", ServerInvite.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("blocks", Block.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("blocked_by", Block.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

func (User) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("leaving").Annotations(entsql.IndexWhere("leaving")), // holds next to nothing
		index.Fields("admin").Annotations(entsql.IndexWhere("admin")),     // likewise
		index.Fields("bot").Annotations(entsql.IndexWhere("bot")),         // is read each second
		index.Fields("issuer", "subject").Unique().Annotations(entsql.IndexWhere("issuer IS NOT NULL")),
	}
}
