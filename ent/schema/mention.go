package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Mention is that a chat names a member of its room, or answers them. The rows of a chat are written with its text, and go with it.
type Mention struct{ ent.Schema }

func (Mention) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("room_id", uid).Immutable().Comment("chats.room_id"),
		field.Int("number").Immutable().Comment("chats.number"),
		field.UUID("chat_id", uid).Immutable(),
		field.UUID("user_id", uid).Immutable().Comment("who is named or answered; never the author"),
		field.Bool("answers").Immutable().Comment("the chat answers one of theirs; else its text names them"),
		field.Time("sent_at").SchemaType(moment).Immutable().Comment("chats.created_at, for the order over all rooms"),
	}
}

func (Mention) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("chat", Chat.Type).Ref("mentions").Field("chat_id").Unique().Required().Immutable(),
		edge.From("user", User.Type).Ref("mentions").Field("user_id").Unique().Required().Immutable(),
	}
}

func (Mention) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id", "room_id", "number", "answers").Unique(),
		index.Fields("user_id", "sent_at", "chat_id"),
		index.Fields("chat_id"),
	}
}
