package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Reaction is an emoji that somebody has put on a chat. The unique index is what "once" rests on.
type Reaction struct{ ent.Schema }

func (Reaction) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("room_id", uid).Immutable().Comment("chats.room_id"),
		field.UUID("chat_id", uid).Immutable(),
		field.UUID("user_id", uid).Immutable(),
		field.String("emoji").Immutable().Comment("NFC, without variation selectors"),
		field.Int64("place").Immutable().Comment("of its CHAT_REACTED in the room's log, for the order"),
	}
}

func (Reaction) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("chat", Chat.Type).Ref("reactions").Field("chat_id").Unique().Required().Immutable(),
		edge.From("user", User.Type).Ref("reactions").Field("user_id").Unique().Required().Immutable(),
	}
}

func (Reaction) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("chat_id", "emoji", "user_id").Unique(),
		index.Fields("chat_id", "emoji", "place"), // who was first
	}
}
