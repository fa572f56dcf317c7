package chat_test

import (
	"testing"

	"github.com/google/uuid"

	"parley/chat"
)

// BenchmarkSend compares 64 senders that share commits with the same 64 that each get their own.
func BenchmarkSend(b *testing.B) {
	for name, most := range map[string]int{"a transaction each": 1, "group commit": 256} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, chat.Options{BatchEntries: most})
			ann := w.person("ann")
			w.room(ann, "general")
			b.SetParallelism(32)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					id := uuid.NewString()
					if _, err := w.Send(b.Context(), ann, chat.Draft{Room: "general", Text: "hello there, this is a chat", ID: &id}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkPage reads the newest 50 chats of a room with 1,000.
func BenchmarkPage(b *testing.B) {
	w := newWorld(b, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	w.sendMany(ann, "general", 1000)
	b.ResetTimer()
	for b.Loop() {
		if _, err := w.Chats(b.Context(), ann, "general", chat.PageQuery{}); err != nil {
			b.Fatal(err)
		}
	}
}
