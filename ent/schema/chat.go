package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Chat is what somebody said in a room.
type Chat struct{ ent.Schema }

func (Chat) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uid).Immutable().Comment("the client's own, or made by the server"),
		field.UUID("room_id", uid).Immutable(),
		field.Int("number").Immutable().Comment("1, 2, 3 … within the room, without holes"),
		field.Int64("place").Immutable().Comment("place of its CHAT_SENT event in the room's log"),
		field.Int64("tag").Immutable().Comment("tag of that event, so that a cursor needs no join"),
		field.UUID("user_id", uid).Immutable(),
		field.String("username").Immutable().Comment("the author's, as displayed when it was sent"),
		field.Text("text").Comment("empty once deleted"),
		field.Time("created_at").SchemaType(moment).Immutable(),
		field.Time("edited_at").SchemaType(moment).Optional().Nillable().Comment("of the last change of the text"),
		field.Time("deleted_at").SchemaType(moment).Optional().Nillable().Comment("the row stays, so that numbers and places have no holes"),
		field.UUID("reply_to", uid).Optional().Nillable().Immutable().Comment("the chat of the same room that it answers"),
		field.Text("data").Optional().Nillable().Comment("JSON of the app's own, as it was given; null: none, or deleted"),
		field.Bool("answered").Optional().Nillable().Comment("a chat answers it, or did: events about others show it"),
	}
}

func (Chat) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("room", Room.Type).Ref("chats").Field("room_id").Unique().Required().Immutable(),
		edge.From("user", User.Type).Ref("chats").Field("user_id").Unique().Required().Immutable(),
		edge.To("mentions", Mention.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("reactions", Reaction.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

func (Chat) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("room_id", "number").Unique(),
		index.Fields("reply_to", "number").Annotations(entsql.IndexWhere("reply_to IS NOT NULL")),
	}
}
