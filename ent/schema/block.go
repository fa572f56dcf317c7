package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Block is that somebody wants nothing from another person.
type Block struct{ ent.Schema }

func (Block) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("user_id", uid).Immutable().Comment("who blocks"),
		field.UUID("blocked_id", uid).Immutable().Comment("whom"),
		field.Time("created_at").SchemaType(moment).Immutable(),
	}
}

func (Block) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("blocks").Field("user_id").Unique().Required().Immutable(),
		edge.From("blocked", User.Type).Ref("blocked_by").Field("blocked_id").Unique().Required().Immutable(),
	}
}

func (Block) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "blocked_id").Unique()}
}
