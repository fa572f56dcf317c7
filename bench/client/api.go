// Package client is one client of Parley: it signs in, sends, reads and subscribes over HTTP and graphql-transport-ws.
// Requests that are measured are encoded beforehand, because the machine is shared with the server. It knows the public
// API and nothing of the server's code, and it measures nothing.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// An API asks the server what is not measured: accounts, rooms, and reading everything back.
type API struct {
	URL   string // http://HOST:PORT
	Token string // empty: not signed in
}

// A Refusal is an error the server answered with.
type Refusal struct{ code, message string }

func (r Refusal) Error() string { return r.code + ": " + r.message }

// As is the same server seen by the holder of another token.
func (a API) As(token string) API { return API{URL: a.URL, Token: token} }

// Ask sends one operation and decodes its data into answer.
func (a API) Ask(ctx context.Context, query string, variables map[string]any, answer any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	if a.Token != "" {
		request.Header.Set("Authorization", "Bearer "+a.Token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	return decode(response, answer)
}

func decode(response *http.Response, answer any) error {
	var envelope struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("receive answer: %w", err)
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return fmt.Errorf("answer with status %s is not GraphQL: %w", response.Status, err)
	}
	if len(envelope.Errors) > 0 {
		return Refusal{envelope.Errors[0].Extensions.Code, envelope.Errors[0].Message}
	}
	if err := json.Unmarshal(envelope.Data, answer); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

// CreateRoom returns the id of a new room of its own.
func (a API) CreateRoom(ctx context.Context) (string, error) {
	var answer struct{ CreateRoom struct{ ID string } }
	err := a.Ask(ctx, `mutation($name:String!){createRoom(name:$name){id}}`,
		map[string]any{"name": "bench " + uuid.NewString()}, &answer)
	if err != nil {
		return "", fmt.Errorf("create room: %w", err)
	}
	return answer.CreateRoom.ID, nil
}

// KeepData keeps a text with a room, as an app does.
func (a API) KeepData(ctx context.Context, room, text string) error {
	const document = `mutation($room:ID!,$data:JSON){updateRoom(room:$room,data:$data){id}}`
	return a.Ask(ctx, document, map[string]any{"room": room, "data": text}, new(any))
}

// CreateRooms returns the ids of n new rooms.
func (a API) CreateRooms(ctx context.Context, n int) ([]string, error) {
	rooms := make([]string, n)
	for i := range rooms {
		var err error
		if rooms[i], err = a.CreateRoom(ctx); err != nil {
			return nil, err
		}
	}
	return rooms, nil
}

// A StoredChat is one that the server has.
type StoredChat struct {
	ID     uuid.UUID
	Number int
	Text   string
}

const chatsDocument = `query($room:ID!,$after:Cursor){chats(room:$room,first:200,after:$after)` +
	`{nodes{id number text} pageInfo{hasNextPage endCursor}}}`

// Chats reads a whole room, oldest first, page by page.
func (a API) Chats(ctx context.Context, room string) ([]StoredChat, error) {
	var all []StoredChat
	variables := map[string]any{"room": room}
	for {
		var answer struct {
			Chats struct {
				Nodes    []StoredChat
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		if err := a.Ask(ctx, chatsDocument, variables, &answer); err != nil {
			return nil, fmt.Errorf("read the chats back: %w", err)
		}
		all = append(all, answer.Chats.Nodes...)
		if !answer.Chats.PageInfo.HasNextPage {
			return all, nil
		}
		variables["after"] = answer.Chats.PageInfo.EndCursor
	}
}

// SyncCursor is the cursor from which a subscription misses nothing that is sent from now on.
func (a API) SyncCursor(ctx context.Context, room string) (string, error) {
	var answer struct{ Chats struct{ SyncCursor string } }
	err := a.Ask(ctx, `query($room:ID!){chats(room:$room){syncCursor}}`, map[string]any{"room": room}, &answer)
	if err != nil {
		return "", fmt.Errorf("read the room's cursor: %w", err)
	}
	return answer.Chats.SyncCursor, nil
}

// Count is the number of the newest chat of a room.
func (a API) Count(ctx context.Context, room string) (int, error) {
	var answer struct {
		Room struct{ LastChat *struct{ Number int } }
	}
	err := a.Ask(ctx, `query($room:ID!){room(id:$room){lastChat{number}}}`, map[string]any{"room": room}, &answer)
	if err != nil {
		return 0, fmt.Errorf("read the last chat: %w", err)
	}
	if answer.Room.LastChat == nil {
		return 0, errors.New("the room has no chat")
	}
	return answer.Room.LastChat.Number, nil
}
