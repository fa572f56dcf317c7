package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"parley/bench/load"
)

// A fake answers like Parley, from memory, and can be told to do one thing wrong. The real server
// cannot be told to lose chats, and a checker that never failed proves nothing.
type fake struct {
	fault string // done to chat number 5 of each room

	mu    sync.Mutex
	rooms map[string]*fakeRoom
}

type fakeRoom struct {
	chats []map[string]any
	grown chan struct{} // closed and replaced at each chat
}

func newFake(fault string) *fake { return &fake{fault: fault, rooms: map[string]*fakeRoom{}} }

type fakeRequest struct {
	Query     string
	Variables struct{ Room, Text, ID, After, Name string }
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		f.serveSocket(w, r)
		return
	}
	var request fakeRequest
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	data, code := f.execute(request)
	answer := map[string]any{"data": data}
	if code != "" {
		answer["errors"] = []any{map[string]any{"message": "no", "extensions": map[string]any{"code": code}}}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (f *fake) execute(r fakeRequest) (data any, code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := f.rooms[r.Variables.Room]
	switch {
	case strings.Contains(r.Query, "register("):
		name := r.Variables.Name
		return map[string]any{"register": map[string]any{"accessToken": name, "user": map[string]any{"id": name}}}, ""
	case strings.Contains(r.Query, "createRoom("):
		id := uuid.NewString()
		f.rooms[id] = &fakeRoom{grown: make(chan struct{})}
		return map[string]any{"createRoom": map[string]any{"id": id}}, ""
	case strings.Contains(r.Query, "sendChat("):
		return f.send(in, r)
	case strings.Contains(r.Query, "syncCursor"):
		return map[string]any{"chats": map[string]any{"syncCursor": strconv.Itoa(len(in.chats))}}, ""
	case strings.Contains(r.Query, "first:200"):
		return f.page(in, r.Variables.After), ""
	}
	return map[string]any{"chats": map[string]any{"nodes": in.chats[max(0, len(in.chats)-load.PageChats):]}}, ""
}

func (f *fake) send(in *fakeRoom, r fakeRequest) (any, string) {
	number := len(in.chats) + 1
	chat := map[string]any{"id": r.Variables.ID, "number": number, "text": r.Variables.Text, "username": "ann"}
	if number == 5 && f.fault == "busy" {
		f.fault = ""
		return nil, "SERVER_BUSY"
	}
	if number == 5 && f.fault == "break" {
		return nil, "INTERNAL_SERVER_ERROR"
	}
	in.chats = append(in.chats, chat)
	close(in.grown)
	in.grown = make(chan struct{})
	if number == 5 && f.fault == "refuse" {
		return nil, "SERVER_BUSY"
	}
	if number == 5 && f.fault == "renumber" {
		chat = map[string]any{"id": r.Variables.ID, "number": 4}
	}
	return map[string]any{"sendChat": chat}, ""
}

// page is up to three chats, so that paging has something to do.
func (f *fake) page(in *fakeRoom, after string) any {
	from, _ := strconv.Atoi(after) // empty: the start
	to := min(from+3, len(in.chats))
	nodes := append([]map[string]any{}, in.chats[from:to]...)
	if at := 4 - from; at >= 0 && at < len(nodes) {
		switch f.fault {
		case "forget":
			nodes = append(nodes[:at], nodes[at+1:]...)
		case "store twice":
			nodes = append(nodes, nodes[at])
		}
	}
	info := map[string]any{"hasNextPage": to < len(in.chats), "endCursor": strconv.Itoa(to)}
	return map[string]any{"chats": map[string]any{"nodes": nodes, "pageInfo": info}}
}

func (f *fake) serveSocket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	ctx := r.Context()
	_, _, _ = c.Read(ctx) // connection_init
	_ = c.Write(ctx, websocket.MessageText, []byte(`{"type":"connection_ack"}`))
	_, message, err := c.Read(ctx)
	var subscribe struct{ Payload fakeRequest }
	if err == nil && json.Unmarshal(message, &subscribe) == nil {
		f.stream(c.CloseRead(ctx), c, subscribe.Payload)
	}
}

func (f *fake) stream(ctx context.Context, c *websocket.Conn, r fakeRequest) {
	next, _ := strconv.Atoi(r.Variables.After)
	for {
		f.mu.Lock()
		in := f.rooms[r.Variables.Room]
		due, grown := f.twist(in.chats[next:]), in.grown
		next = len(in.chats)
		f.mu.Unlock()
		for _, chat := range due {
			payload, _ := json.Marshal(map[string]any{"data": map[string]any{"chatSent": chat}})
			if f.fault == "hang up" && chat["number"] == 5 {
				_ = c.Close(1013, "come back")
				return
			}
			if c.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"id":"1","type":"next","payload":%s}`, payload)) != nil {
				return
			}
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return
		}
	}
}

// twist does the fault to what is delivered.
func (f *fake) twist(chats []map[string]any) []map[string]any {
	var due []map[string]any
	for _, c := range chats {
		number := c["number"].(int)
		switch {
		case f.fault == "lose" && number == 5, f.fault == "swap" && number == 5:
			continue
		case f.fault == "double" && number == 5:
			due = append(due, c)
		case f.fault == "swap" && number == 6:
			earlier := map[string]any{"number": 5, "text": "0000000000000000000 late"}
			due = append(due, c, earlier)
			continue
		case f.fault == "change" && number == 5:
			c = map[string]any{"number": 5, "text": uuid.NewString()}
		}
		due = append(due, c)
	}
	return due
}
