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
		field.UUID("created_by", uid).Immutable().Comment("grants nothing: members have roles"),
		field.Enum("kind").Values("PUBLIC", "PRIVATE", "DIRECT").Default("PUBLIC").Immutable(),
		field.Time("created_at").SchemaType(moment).Immutable(),
		field.String("name").Comment("as its owner spelled it; empty once deleted"),
		field.String("name_key").Optional().Nillable().
			Comment("the name without regard to case, the identity of public rooms; null once deleted"),
		field.String("direct_key").Unique().Optional().Nillable().Immutable().
			Comment("the identity of direct rooms: the sorted ids of their people"),
		field.String("topic").Optional().Nillable(),
		field.String("data").Optional().Nillable().Comment("JSON of the app's own, as it was given; null: none"),
		field.Time("deleted_at").SchemaType(moment).Optional().Nillable(),
		field.Bool("purging").Optional().Nillable().Comment("it is deleted, and rows of it are left to be taken away"),
		field.Bool("enrolling").Optional().Nillable().Comment("it is older than members, and not all who have sent are in it yet"),

		// Who may do what. Changed under the lock of the row.
		field.Int("send_role").Default(2).Comment("the lowest role that may send, as members.role"),
		field.Int("member_count").Default(0),
		field.Int64("access_version").Default(0).Comment("+1 with whatever takes something away from somebody"),
		field.Int64("revoked_place").Default(0).Comment("place of the newest event that ends somebody's reading"),

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
		edge.From("creator", User.Type).Ref("rooms").Field("created_by").Unique().Required().Immutable(),
		edge.To("chats", Chat.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("events", RoomEvent.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("members", Member.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("bans", Ban.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("invites", Invite.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

func (Room) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("last_at", "id").Annotations(entsql.IndexWhere("kind = 'PUBLIC' AND deleted_at IS NULL")),
		index.Fields("name_key").Unique().Annotations(entsql.IndexWhere("kind = 'PUBLIC'")),
		index.Fields("enrolling").Annotations(entsql.IndexWhere("enrolling")), // holds nothing once all are
		index.Fields("purging").Annotations(entsql.IndexWhere("purging")),     // holds next to nothing
	}
}
