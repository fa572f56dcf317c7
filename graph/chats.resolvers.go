package graph

import (
	"context"

	"parley/chat"
	"parley/chat/members"
	"parley/chat/pages"
	"parley/chat/roomlog"
	"parley/graph/caller"
)

func (r *mutationResolver) SendChat(ctx context.Context, room string, text string, id *string, replyTo *string, data *string) (*roomlog.Chat, error) {
	return r.chat.Send(ctx, caller.Person(ctx), chat.Draft{Room: room, Text: text, ID: id, ReplyTo: replyTo, Data: data})
}

func (r *mutationResolver) EditChat(ctx context.Context, id string, text *string, data *string) (*roomlog.Chat, error) {
	return r.chat.EditChat(ctx, caller.Person(ctx), id, chat.Edit{Text: text, Data: ifGiven(ctx, "data", data)})
}

func (r *mutationResolver) MarkRead(ctx context.Context, chat string) (*members.Member, error) {
	return r.chat.MarkRead(ctx, caller.Person(ctx), chat)
}

func (r *mutationResolver) DeleteChat(ctx context.Context, chat string) (*roomlog.Chat, error) {
	return r.chat.DeleteChat(ctx, caller.Person(ctx), chat)
}

func (r *mutationResolver) React(ctx context.Context, chat string, emoji string, on *bool) (*roomlog.Chat, error) {
	return r.chat.React(ctx, caller.Person(ctx), chat, emoji, given(on, true))
}

func (r *mutationResolver) SetTyping(ctx context.Context, room string, preview *string) (*roomlog.Room, error) {
	return r.chat.SetTyping(ctx, caller.Person(ctx), room, preview)
}

func (r *queryResolver) Chats(ctx context.Context, room string, first *int, after *string, last *int, before *string) (*pages.Page, error) {
	return r.chat.Chats(ctx, caller.Person(ctx), room, chat.PageQuery{First: first, Last: last, After: after, Before: before})
}

func (r *queryResolver) Chat(ctx context.Context, id string) (*roomlog.Chat, error) {
	return r.chat.Chat(ctx, caller.Person(ctx), id)
}

func (r *queryResolver) Mentions(ctx context.Context, first *int, after *string) (*pages.Page, error) {
	return r.chat.Mentions(ctx, caller.Person(ctx), first, after)
}

func (r *subscriptionResolver) ChatSent(ctx context.Context, room string, after *string) (<-chan *roomlog.Chat, error) {
	return executed(ctx, func(c *roomlog.Chat) *roomlog.Chat { return c })
}

func (r *subscriptionResolver) Events(ctx context.Context, rooms []string, after []string) (<-chan *roomlog.Event, error) {
	return executed(ctx, func(e *roomlog.Event) *roomlog.Chat { return e.Chat })
}
