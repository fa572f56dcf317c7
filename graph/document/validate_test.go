package document

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// streamsAPI has every kind of field that subscriptions are refused, and a connection that somebody has sorted wrongly.
var streamsAPI = &API{
	Schema: gqlparser.MustLoadSchema(&ast.Source{Input: `
		interface Node { id: ID! seen: Boolean }
		type Query { chat: Chat }
		type Subscription { chatSent: Chat inbox: Chat }
		type Chat implements Node { id: ID! seen: Boolean text: String new: Int replyTo: Chat replies: ChatConnection }
		type ChatConnection { nodes: [Chat!] }
	`}),
	Busy: func(context.Context) *gqlerror.Error { return gqlerror.Errorf("busy") },
	Streams: map[string]string{
		"Subscription.chatSent": "", "Node.id": "", "Node.seen": "the query chat", "Chat.id": "", "Chat.seen": "the query chat",
		"Chat.text": "", "Chat.replyTo": "", "Chat.replies": "", "ChatConnection.nodes": "",
	},
}

// What a subscription may not select is refused wherever it stands, with its name and what to use instead; queries may
// select it, also in the same document.
func TestStreamsAreShared(t *testing.T) {
	var l Limits
	l = l.WithDefaults()
	d := newDocuments(l, streamsAPI, nil)
	for _, c := range []struct {
		what, document string
		want           []string
	}{
		{"shared fields", `subscription { chatSent { __typename id ... on Node { id } replyTo { ...F } } } fragment F on Chat { text }`, nil},
		{"directly", `subscription { chatSent { id seen } }`, []string{"1:30 the query chat, Chat.seen"}},
		{"under an alias", `subscription { chatSent { id: seen } }`, []string{"1:27 the query chat, Chat.seen"}},
		{"skipped", `subscription { chatSent { id seen @skip(if: true) } }`, []string{"1:30 the query chat, Chat.seen"}},
		{"in a fragment", `subscription { ...S } fragment S on Subscription { chatSent { replyTo { ...F } } } fragment F on Chat { seen }`, []string{"1:105 the query chat, Chat.seen"}},
		{"in an inline fragment", `subscription { chatSent { ... { ... on Node { id seen } } } }`, []string{"1:50 the query chat, Node.seen"}},
		{"sorted by nobody", `subscription { chatSent { new } }`, []string{"1:27 a query, Chat.new"}},
		{"a root field that is sorted by nobody", `subscription { inbox { id } }`, []string{"1:16 a query, Subscription.inbox"}},
		{"a connection", `subscription { chatSent { replies { nodes { id } } } }`, []string{"1:27 a query, Chat.replies"}},
		{"two", `subscription { chatSent { seen new } }`, []string{"1:27 the query chat, Chat.seen", "1:32 a query, Chat.new"}},
		{"a query beside a subscription", `query A { chat { seen new replies { nodes { seen } } } } subscription B { chatSent { id } }`, nil},
		{"a subscription beside a query", `query A { chat { seen } } subscription B { chatSent { seen } }`, []string{"1:55 the query chat, Chat.seen"}},
		{"one fragment for both", `query A { chat { ...F } } subscription B { chatSent { ...F } } fragment F on Chat { seen }`, []string{"1:85 the query chat, Chat.seen"}},
		{"one fragment for two queries", `query A { chat { ...F } } query B { chat { ...F } } fragment F on Chat { seen }`, nil},
	} {
		_, errs := d.check(c.document)
		if got := found(t, errs); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

var sharedMessage = regexp.MustCompile(`^Events of a subscription are the same for everybody and have no pages: use (.+) instead of "(.+)"\.$`)

// found is what clients are told of fields of subscriptions, in short.
func found(t *testing.T, errs gqlerror.List) (all []string) {
	t.Helper()
	for _, err := range errs {
		PresentError(err, err.Extensions["code"].(string))
		said := sharedMessage.FindStringSubmatch(err.Message)
		if said == nil || len(err.Locations) != 1 || err.Extensions["code"] != errcode.ValidationFailed {
			t.Errorf("%v, %v", err, err.Extensions)
			continue
		}
		all = append(all, fmt.Sprintf("%d:%d %s, %s", err.Locations[0].Line, err.Locations[0].Column, said[1], said[2]))
	}
	return all
}
