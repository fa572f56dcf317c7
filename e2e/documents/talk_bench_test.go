package documents

import (
	"encoding/json"
	"fmt"
	"testing"

	"parley/e2e/harness"
)

// BenchmarkTalkedPage measures what a page of 50 costs with what people have said and done to its chats, beside the same page
// without: six reactions of twelve people on each chat, every other one answers another, and each third names somebody.
func BenchmarkTalkedPage(b *testing.B) {
	s, handler := harness.Wired(b, nil, harness.NoLimits()...)
	var tokens []string
	for i := range 12 {
		token, _ := s.Register(fmt.Sprint("talker", i))
		tokens = append(tokens, token)
	}
	s.Must(nil, tokens[0], `mutation { createRoom(name: "general") { id } }`)
	ids := make([]string, 60)
	for i := range ids {
		text := fmt.Sprintf("%090d", i)
		if i%3 == 0 {
			text = "@talker1 " + text
		}
		variables := map[string]any{"text": text, "to": nil}
		if i%2 == 0 && i >= 5 {
			variables["to"] = ids[i-5]
		}
		var data struct{ SendChat struct{ ID string } }
		s.Must(&data, tokens[i*7%12], `mutation($text: String!, $to: ID) { sendChat(room: "general", text: $text, replyTo: $to) { id } }`, variables)
		ids[i] = data.SendChat.ID
		for j := range 6 {
			s.Must(nil, tokens[(i+j)%12], `mutation($chat: ID!, $e: String!) { react(chat: $chat, emoji: $e) { id } }`, map[string]any{"chat": ids[i], "e": []string{"👍", "🎉"}[j%2]})
		}
	}
	const plain, author = `id number username text createdAt `, `user { id username } `
	for _, of := range []struct{ name, fields string }{
		{"plain", plain},
		{"authors", plain + author},
		{"reactions", plain + `reactions { emoji count }`},
		{"people", plain + `reactions { emoji count users { id username } }`},
		{"talk", plain + author + `mentions { id username } replyTo { id text username } replyCount reactions { emoji count users { id username } }`},
	} {
		b.Run(of.name, func(b *testing.B) {
			body, err := json.Marshal(map[string]string{"query": `{ chats(room: "general") { nodes { ` + of.fields + ` } } }`})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			before := cpu()
			defer func() { b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op") }()
			for b.Loop() {
				harness.ServeOnce(b, handler, tokens[0], body)
			}
		})
	}
}
