package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Room is a place where people chat, and the counter row of its log. The row outlives the room, as
// a tombstone without a name.
type Room struct{ ent.Schema }

func (Room) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uid).Immutable(),
		field.UUID("owner_id", uid),
		field.Time("created_at").SchemaType(moment).Immutable(),
		field.String("name").Comment("as its owner spelled it; empty once deleted"),
		field.String("name_key").Unique().Optional().Nillable().
			Comment("the identity: the name without regard to case; null once deleted"),
		field.String("topic").Optional().Nillable(),
		field.Time("deleted_at").SchemaType(moment).Optional().Nillable(),
		field.Bool("purging").Optional().Nillable().Comment("it is deleted, and rows of it are left to be taken away"),

		// The head of the log: raised in the transaction that inserts the event, which locks the row.
		field.Int64("last_place").Default(0).Comment("places of the log run 1 … last_place without holes"),
		field.Int("last_number").Default(0).Comment("chats run 1 … last_number without holes"),
		field.Int64("last_tag").Default(0).Comment("tag of the event at last_place; 0 when the log is empty"),
		field.Time("last_at").SchemaType(moment).
			Comment("time of that event, or of creation; never decreases"),
	}
}

func (Room) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("owner", User.Type).Ref("rooms").Field("owner_id").Unique().Required(),
		edge.To("chats", Chat.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("events", RoomEvent.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

func (Room) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("last_at", "id"),
		index.Fields("purging").Annotations(entsql.IndexWhere("purging")), // holds next to nothing
	}
}
