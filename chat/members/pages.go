package members

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/roomlog"
	"parley/ent/ban"
	"parley/ent/member"
	"parley/ent/predicate"
)

// defaultPage is how many entries of a list are shown to whoever does not say.
const defaultPage = 50

// PageInfo says where a page lies in its list. The cursors are nil when the page is empty.
type PageInfo struct {
	StartCursor, EndCursor       *string
	HasPreviousPage, HasNextPage bool
}

// A Page is a stretch of a room's members: owners, then admins, then members, each by username.
type Page struct {
	Edges    []Edge
	PageInfo PageInfo
}

// An Edge is a member in a page.
type Edge struct {
	Cursor string
	Node   *Member
}

// Nodes are the members of the page without their cursors.
func (p *Page) Nodes() []*Member {
	nodes := make([]*Member, len(p.Edges))
	for i, e := range p.Edges {
		nodes[i] = e.Node
	}
	return nodes
}

// A BanPage is a stretch of a room's bans, the newest first.
type BanPage struct {
	Edges    []BanEdge
	PageInfo PageInfo
}

// A BanEdge is a ban in a page.
type BanEdge struct {
	Cursor string
	Node   *Ban
}

// Nodes are the bans of the page without their cursors.
func (p *BanPage) Nodes() []*Ban {
	nodes := make([]*Ban, len(p.Edges))
	for i, e := range p.Edges {
		nodes[i] = e.Node
	}
	return nodes
}

// show takes edges as those of a page that begins behind a cursor, or at the start.
func show[E any](edges []E, cursor func(*E) *string, after *string, more bool) PageInfo {
	info := PageInfo{HasPreviousPage: after != nil, HasNextPage: more}
	if n := len(edges); n > 0 {
		info.StartCursor, info.EndCursor = cursor(&edges[0]), cursor(&edges[n-1])
	}
	return info
}

// The first byte of a cursor says of which list it is, and the room's id follows.
const (
	cursorOfMembers = 6 // then role 1 byte, username key
	cursorOfBans    = 7 // then id 8 bytes
)

const maxCursor = 512 // bytes

func memberCursor(in uuid.UUID, role access.Role, key string) string {
	return encode(append([]byte{cursorOfMembers}, in[:]...), append([]byte{byte(role)}, key...))
}

func banCursor(in uuid.UUID, id int) string {
	return encode(append([]byte{cursorOfBans}, in[:]...), binary.BigEndian.AppendUint64(nil, uint64(id)))
}

func encode(head, rest []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(head, rest...))
}

// decode reads what follows the room's id in a cursor, and nothing that encode would not have written.
func decode(kind byte, of uuid.UUID, text string) (rest []byte, ok bool) {
	const head = 1 + len(of)
	if len(text) > maxCursor || strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) <= head || b[0] != kind || uuid.UUID(b[1:head]) != of {
		return nil, false
	}
	return b[head:], true
}

// behindMember is the list of a room's members behind a cursor.
func behindMember(of *roomlog.Room, after string) (predicate.Member, error) {
	rest, ok := decode(cursorOfMembers, of.ID, after)
	if !ok || rest[0] > byte(access.Member) || len(rest) == 1 || !utf8.Valid(rest) || strings.ContainsRune(string(rest[1:]), 0) {
		return nil, arguments.BadCursor("after")
	}
	role, key := int(rest[0]), string(rest[1:])
	return member.Or(member.RoleGT(role), member.And(member.Role(role), member.UsernameKeyGT(key))), nil
}

// behindBan is the list of a room's bans behind a cursor.
func behindBan(of *roomlog.Room, after string) (predicate.Ban, error) {
	rest, ok := decode(cursorOfBans, of.ID, after)
	if !ok || len(rest) != 8 {
		return nil, arguments.BadCursor("after")
	}
	return ban.IDLT(int(binary.BigEndian.Uint64(rest))), nil
}
