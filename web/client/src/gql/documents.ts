/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { Document } from "../document.ts";
/** Kinds of events. More may be added: ignore those you do not know. */
export type EventKind =
  /** Everything older has been delivered; from here on the stream is live. Sent once, not stored. */
  | 'CAUGHT_UP'
  /** The text of a chat is gone. */
  | 'CHAT_DELETED'
  /** A chat has another text or other `data`. */
  | 'CHAT_EDITED'
  /** Somebody has put an emoji on a chat. */
  | 'CHAT_REACTED'
  /** A new chat. */
  | 'CHAT_SENT'
  /** Somebody has taken an emoji off a chat. */
  | 'CHAT_UNREACTED'
  /** A member has another role. */
  | 'MEMBER_CHANGED'
  /** Somebody is in the room now: they joined, or `actor` has added or invited them. */
  | 'MEMBER_JOINED'
  /** Somebody has left the room. If it is you, the last event of the room: `room` shows what it was called then, and nothing else. */
  | 'MEMBER_LEFT'
  /**
   * `actor` has read on: you on another device, or in a direct room somebody else. `member` says how far; of two the larger number
   * counts. Not stored, and told once, to whoever is live.
   */
  | 'MEMBER_READ'
  /** Somebody was removed from the room. If it is you, the last event of the room, as with MEMBER_LEFT. */
  | 'MEMBER_REMOVED'
  /** The last event of its room; `room` shows what it was called, and nothing else. */
  | 'ROOM_DELETED'
  /** The room has another name, topic, rule of who may send or other `data`. */
  | 'ROOM_UPDATED'
  /**
   * `actor` is typing: good for six seconds, or until a chat of theirs. Not stored, and told once, to whoever is live; not to the
   * person's own streams.
   */
  | 'TYPING';

/** Which sessions to end. */
export type LogoutScope =
  /** All of yours. */
  | 'ALL'
  /** The one the token belongs to. */
  | 'CURRENT'
  /** All of yours but that one. */
  | 'OTHERS';

/** Which chats of a room ring for a member: unless they say something else ALL in direct rooms, and MENTIONS in others. */
export type NotifyLevel =
  /** Those of others. */
  | 'ALL'
  /** Those that mention or answer them. */
  | 'MENTIONS'
  /** None. */
  | 'NONE';

/** What a member may do in a room. `Room.allowedActions` says what that comes to. */
export type Role =
  /** Delete chats of others, change the room, and manage members who are neither ADMIN nor OWNER. */
  | 'ADMIN'
  /** Read, send unless `sendRole` is higher, and leave. */
  | 'MEMBER'
  /** All that is possible there. A room with members has one. */
  | 'OWNER';

/** What somebody may do in a room. More may be added: ignore those you do not know. */
export type RoomAction =
  /** Delete chats of others: `deleteChat`. */
  | 'DELETE_ANY_CHAT'
  /** Delete the room: `deleteRoom`. */
  | 'DELETE_ROOM'
  /** Become a member: `joinRoom`. */
  | 'JOIN'
  /** End the membership: `leaveRoom`. */
  | 'LEAVE'
  /** Add, remove and ban people, and invite them; see `invites` and `bans`. */
  | 'MANAGE_MEMBERS'
  /** Send: `sendChat`. */
  | 'SEND_CHAT'
  /** Give roles: `setRole`. */
  | 'SET_ROLES'
  /** Change the room: `updateRoom`. */
  | 'UPDATE_ROOM';

/** Who finds a room, and how people come in. */
export type RoomKind =
  /** The conversation of 2 to 10 people. Nobody joins, leaves, renames or deletes it. */
  | 'DIRECT'
  /** Only members know of it: they are added, or invited. */
  | 'PRIVATE'
  /** Everybody signed in finds, reads and joins it, unless they are banned. */
  | 'PUBLIC';

export type TokensFragment = { readonly accessToken: string, readonly accessTokenExpiresAt: string, readonly refreshToken: string | null, readonly user: { readonly id: string, readonly username: string } };

export type RegisterMutationVariables = Exact<{
  username: string;
  password: string;
  invite?: string | null | undefined;
}>;


export type RegisterMutation = { readonly register: { readonly accessToken: string, readonly accessTokenExpiresAt: string, readonly refreshToken: string | null, readonly user: { readonly id: string, readonly username: string } } | null };

export type LoginMutationVariables = Exact<{
  username: string;
  password: string;
}>;


export type LoginMutation = { readonly login: { readonly accessToken: string, readonly accessTokenExpiresAt: string, readonly refreshToken: string | null, readonly user: { readonly id: string, readonly username: string } } | null };

export type LoginWithMutationVariables = Exact<{
  token: string;
}>;


export type LoginWithMutation = { readonly loginWith: { readonly accessToken: string, readonly accessTokenExpiresAt: string, readonly refreshToken: string | null, readonly user: { readonly id: string, readonly username: string } } | null };

export type RefreshMutationVariables = Exact<{
  token: string;
  key: string;
}>;


export type RefreshMutation = { readonly refreshToken: { readonly accessToken: string, readonly accessTokenExpiresAt: string, readonly refreshToken: string | null, readonly user: { readonly id: string, readonly username: string } } | null };

export type LogoutMutationVariables = Exact<{
  scope: LogoutScope;
  token: string;
}>;


export type LogoutMutation = { readonly logout: number | null };

export type PersonFragment = { readonly id: string, readonly username: string, readonly name: string, readonly image: string | null, readonly isBot: boolean };

export type RoomPartsFragment = { readonly id: string, readonly name: string, readonly topic: string | null, readonly data: unknown, readonly kind: RoomKind, readonly sendRole: Role, readonly memberCount: number, readonly lastNumber: number, readonly createdAt: string };

export type RoomRowFragment = { readonly unreadCount: number, readonly mentionCount: number, readonly allowedActions: ReadonlyArray<RoomAction>, readonly id: string, readonly name: string, readonly topic: string | null, readonly data: unknown, readonly kind: RoomKind, readonly sendRole: Role, readonly memberCount: number, readonly lastNumber: number, readonly createdAt: string, readonly me: { readonly id: string, readonly role: Role, readonly lastRead: number | null, readonly notify: NotifyLevel | null } | null, readonly lastChat: { readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly createdAt: string, readonly deletedAt: string | null } | null };

export type ChatPartsFragment = { readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly data: unknown, readonly createdAt: string, readonly editedAt: string | null, readonly deletedAt: string | null, readonly replyCount: number, readonly user: { readonly id: string, readonly username: string, readonly name: string, readonly image: string | null, readonly isBot: boolean } | null, readonly mentions: ReadonlyArray<{ readonly id: string, readonly username: string }>, readonly replyTo: { readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly deletedAt: string | null, readonly replyCount: number } | null, readonly reactions: ReadonlyArray<{ readonly emoji: string, readonly count: number, readonly users: ReadonlyArray<{ readonly username: string }> }> };

export type MemberPartsFragment = { readonly id: string, readonly role: Role, readonly joinedAt: string, readonly lastRead: number | null, readonly user: { readonly id: string, readonly username: string, readonly name: string, readonly image: string | null, readonly isBot: boolean } };

export type MyRoomsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type MyRoomsQuery = { readonly me: { readonly id: string, readonly username: string, readonly name: string, readonly image: string | null, readonly isBot: boolean } | null, readonly blockedUsers: ReadonlyArray<{ readonly id: string, readonly username: string }> | null, readonly rooms: { readonly nodes: ReadonlyArray<{ readonly unreadCount: number, readonly mentionCount: number, readonly allowedActions: ReadonlyArray<RoomAction>, readonly id: string, readonly name: string, readonly topic: string | null, readonly data: unknown, readonly kind: RoomKind, readonly sendRole: Role, readonly memberCount: number, readonly lastNumber: number, readonly createdAt: string, readonly me: { readonly id: string, readonly role: Role, readonly lastRead: number | null, readonly notify: NotifyLevel | null } | null, readonly lastChat: { readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly createdAt: string, readonly deletedAt: string | null } | null }>, readonly pageInfo: { readonly endCursor: string | null, readonly hasNextPage: boolean } } | null };

export type OneRoomQueryVariables = Exact<{
  room: string;
}>;


export type OneRoomQuery = { readonly room: { readonly unreadCount: number, readonly mentionCount: number, readonly allowedActions: ReadonlyArray<RoomAction>, readonly id: string, readonly name: string, readonly topic: string | null, readonly data: unknown, readonly kind: RoomKind, readonly sendRole: Role, readonly memberCount: number, readonly lastNumber: number, readonly createdAt: string, readonly me: { readonly id: string, readonly role: Role, readonly lastRead: number | null, readonly notify: NotifyLevel | null } | null, readonly lastChat: { readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly createdAt: string, readonly deletedAt: string | null } | null } | null };

export type RoomPageQueryVariables = Exact<{
  room: string;
  last: number;
}>;


export type RoomPageQuery = { readonly room: { readonly unreadCount: number, readonly mentionCount: number, readonly allowedActions: ReadonlyArray<RoomAction>, readonly id: string, readonly name: string, readonly topic: string | null, readonly data: unknown, readonly kind: RoomKind, readonly sendRole: Role, readonly memberCount: number, readonly lastNumber: number, readonly createdAt: string, readonly me: { readonly id: string, readonly role: Role, readonly lastRead: number | null, readonly notify: NotifyLevel | null } | null, readonly lastChat: { readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly createdAt: string, readonly deletedAt: string | null } | null } | null, readonly chats: { readonly syncCursor: string | null, readonly nodes: ReadonlyArray<{ readonly myReactions: ReadonlyArray<string>, readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly data: unknown, readonly createdAt: string, readonly editedAt: string | null, readonly deletedAt: string | null, readonly replyCount: number, readonly user: { readonly id: string, readonly username: string, readonly name: string, readonly image: string | null, readonly isBot: boolean } | null, readonly mentions: ReadonlyArray<{ readonly id: string, readonly username: string }>, readonly replyTo: { readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly deletedAt: string | null, readonly replyCount: number } | null, readonly reactions: ReadonlyArray<{ readonly emoji: string, readonly count: number, readonly users: ReadonlyArray<{ readonly username: string }> }> }>, readonly pageInfo: { readonly startCursor: string | null, readonly hasPreviousPage: boolean } } | null };

export type OlderChatsQueryVariables = Exact<{
  room: string;
  last: number;
  before: string;
}>;


export type OlderChatsQuery = { readonly chats: { readonly nodes: ReadonlyArray<{ readonly myReactions: ReadonlyArray<string>, readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly data: unknown, readonly createdAt: string, readonly editedAt: string | null, readonly deletedAt: string | null, readonly replyCount: number, readonly user: { readonly id: string, readonly username: string, readonly name: string, readonly image: string | null, readonly isBot: boolean } | null, readonly mentions: ReadonlyArray<{ readonly id: string, readonly username: string }>, readonly replyTo: { readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly deletedAt: string | null, readonly replyCount: number } | null, readonly reactions: ReadonlyArray<{ readonly emoji: string, readonly count: number, readonly users: ReadonlyArray<{ readonly username: string }> }> }>, readonly pageInfo: { readonly startCursor: string | null, readonly hasPreviousPage: boolean } } | null };

export type MembersQueryVariables = Exact<{
  room: string;
  after?: string | null | undefined;
}>;


export type MembersQuery = { readonly room: { readonly members: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly role: Role, readonly joinedAt: string, readonly lastRead: number | null, readonly user: { readonly id: string, readonly username: string, readonly name: string, readonly image: string | null, readonly isBot: boolean } }>, readonly pageInfo: { readonly endCursor: string | null, readonly hasNextPage: boolean } } } | null };

export type EventsSubscriptionVariables = Exact<{
  rooms?: ReadonlyArray<string> | string | null | undefined;
  after?: ReadonlyArray<string> | string | null | undefined;
}>;


export type EventsSubscription = { readonly events: { readonly kind: EventKind, readonly cursor: string | null, readonly cursors: ReadonlyArray<string> | null, readonly at: string, readonly emoji: string | null, readonly preview: string | null, readonly username: string | null, readonly actor: { readonly id: string, readonly username: string, readonly name: string, readonly image: string | null, readonly isBot: boolean } | null, readonly user: { readonly id: string, readonly username: string, readonly name: string, readonly image: string | null, readonly isBot: boolean } | null, readonly member: { readonly id: string, readonly role: Role, readonly joinedAt: string, readonly lastRead: number | null, readonly user: { readonly id: string, readonly username: string, readonly name: string, readonly image: string | null, readonly isBot: boolean } } | null, readonly room: { readonly id: string, readonly name: string, readonly topic: string | null, readonly data: unknown, readonly kind: RoomKind, readonly sendRole: Role, readonly memberCount: number, readonly lastNumber: number, readonly createdAt: string } | null, readonly chat: { readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly data: unknown, readonly createdAt: string, readonly editedAt: string | null, readonly deletedAt: string | null, readonly replyCount: number, readonly user: { readonly id: string, readonly username: string, readonly name: string, readonly image: string | null, readonly isBot: boolean } | null, readonly mentions: ReadonlyArray<{ readonly id: string, readonly username: string }>, readonly replyTo: { readonly id: string, readonly number: number, readonly username: string, readonly text: string | null, readonly deletedAt: string | null, readonly replyCount: number } | null, readonly reactions: ReadonlyArray<{ readonly emoji: string, readonly count: number, readonly users: ReadonlyArray<{ readonly username: string }> }> } | null } };

export type SendChatMutationVariables = Exact<{
  id: string;
  room: string;
  text: string;
  replyTo?: string | null | undefined;
  data?: unknown;
}>;


export type SendChatMutation = { readonly sendChat: { readonly id: string, readonly number: number, readonly text: string | null, readonly createdAt: string, readonly deletedAt: string | null } | null };

export type EditChatMutationVariables = Exact<{
  chat: string;
  text: string;
}>;


export type EditChatMutation = { readonly editChat: { readonly id: string } | null };

export type DeleteChatMutationVariables = Exact<{
  chat: string;
}>;


export type DeleteChatMutation = { readonly deleteChat: { readonly id: string } | null };

export type ReactMutationVariables = Exact<{
  chat: string;
  emoji: string;
  on: boolean;
}>;


export type ReactMutation = { readonly react: { readonly id: string } | null };

export type MarkReadMutationVariables = Exact<{
  chat: string;
}>;


export type MarkReadMutation = { readonly markRead: { readonly id: string, readonly lastRead: number | null } | null };

export type SetTypingMutationVariables = Exact<{
  room: string;
}>;


export type SetTypingMutation = { readonly setTyping: { readonly id: string } | null };

export const RegisterDocument = "mutation Register($username:String!$password:String!$invite:String){register(username:$username password:$password invite:$invite){...Tokens}}fragment Tokens on AuthPayload{accessToken accessTokenExpiresAt refreshToken user{id username}}" as Document<RegisterMutation, RegisterMutationVariables>;

export const LoginDocument = "mutation Login($username:String!$password:String!){login(username:$username password:$password){...Tokens}}fragment Tokens on AuthPayload{accessToken accessTokenExpiresAt refreshToken user{id username}}" as Document<LoginMutation, LoginMutationVariables>;

export const LoginWithDocument = "mutation LoginWith($token:String!){loginWith(token:$token){...Tokens}}fragment Tokens on AuthPayload{accessToken accessTokenExpiresAt refreshToken user{id username}}" as Document<LoginWithMutation, LoginWithMutationVariables>;

export const RefreshDocument = "mutation Refresh($token:String!$key:String!){refreshToken(token:$token idempotencyKey:$key){...Tokens}}fragment Tokens on AuthPayload{accessToken accessTokenExpiresAt refreshToken user{id username}}" as Document<RefreshMutation, RefreshMutationVariables>;

export const LogoutDocument = "mutation Logout($scope:LogoutScope!$token:String!){logout(scope:$scope refreshToken:$token)}" as Document<LogoutMutation, LogoutMutationVariables>;

export const MyRoomsDocument = "query MyRooms($after:Cursor){me{...Person}blockedUsers{id username}rooms(scope:JOINED first:200 after:$after){nodes{...RoomRow}pageInfo{endCursor hasNextPage}}}fragment Person on User{id username name image isBot}fragment RoomParts on Room{id name topic data kind sendRole memberCount lastNumber createdAt}fragment RoomRow on Room{...RoomParts unreadCount mentionCount allowedActions me{id role lastRead notify}lastChat{id number username text createdAt deletedAt}}" as Document<MyRoomsQuery, MyRoomsQueryVariables>;

export const OneRoomDocument = "query OneRoom($room:ID!){room(id:$room){...RoomRow}}fragment RoomParts on Room{id name topic data kind sendRole memberCount lastNumber createdAt}fragment RoomRow on Room{...RoomParts unreadCount mentionCount allowedActions me{id role lastRead notify}lastChat{id number username text createdAt deletedAt}}" as Document<OneRoomQuery, OneRoomQueryVariables>;

export const RoomPageDocument = "query RoomPage($room:ID!$last:Int!){room(id:$room){...RoomRow}chats(room:$room last:$last){nodes{...ChatParts myReactions}pageInfo{startCursor hasPreviousPage}syncCursor}}fragment ChatParts on Chat{id number username user{...Person}text data createdAt editedAt deletedAt replyCount mentions{id username}replyTo{id number username text deletedAt replyCount}reactions{emoji count users{username}}}fragment Person on User{id username name image isBot}fragment RoomParts on Room{id name topic data kind sendRole memberCount lastNumber createdAt}fragment RoomRow on Room{...RoomParts unreadCount mentionCount allowedActions me{id role lastRead notify}lastChat{id number username text createdAt deletedAt}}" as Document<RoomPageQuery, RoomPageQueryVariables>;

export const OlderChatsDocument = "query OlderChats($room:ID!$last:Int!$before:Cursor!){chats(room:$room last:$last before:$before){nodes{...ChatParts myReactions}pageInfo{startCursor hasPreviousPage}}}fragment ChatParts on Chat{id number username user{...Person}text data createdAt editedAt deletedAt replyCount mentions{id username}replyTo{id number username text deletedAt replyCount}reactions{emoji count users{username}}}fragment Person on User{id username name image isBot}" as Document<OlderChatsQuery, OlderChatsQueryVariables>;

export const MembersDocument = "query Members($room:ID!$after:Cursor){room(id:$room){members(first:200 after:$after){nodes{...MemberParts}pageInfo{endCursor hasNextPage}}}}fragment MemberParts on Member{id role joinedAt lastRead user{...Person}}fragment Person on User{id username name image isBot}" as Document<MembersQuery, MembersQueryVariables>;

export const EventsDocument = "subscription Events($rooms:[ID!]$after:[Cursor!]){events(rooms:$rooms after:$after){kind cursor cursors at emoji preview username actor{...Person}user{...Person}member{...MemberParts}room{...RoomParts}chat{...ChatParts}}}fragment ChatParts on Chat{id number username user{...Person}text data createdAt editedAt deletedAt replyCount mentions{id username}replyTo{id number username text deletedAt replyCount}reactions{emoji count users{username}}}fragment MemberParts on Member{id role joinedAt lastRead user{...Person}}fragment Person on User{id username name image isBot}fragment RoomParts on Room{id name topic data kind sendRole memberCount lastNumber createdAt}" as Document<EventsSubscription, EventsSubscriptionVariables>;

export const SendChatDocument = "mutation SendChat($id:ID!$room:ID!$text:String!$replyTo:ID$data:JSON){sendChat(id:$id room:$room text:$text replyTo:$replyTo data:$data){id number text createdAt deletedAt}}" as Document<SendChatMutation, SendChatMutationVariables>;

export const EditChatDocument = "mutation EditChat($chat:ID!$text:String!){editChat(chat:$chat text:$text){id}}" as Document<EditChatMutation, EditChatMutationVariables>;

export const DeleteChatDocument = "mutation DeleteChat($chat:ID!){deleteChat(chat:$chat){id}}" as Document<DeleteChatMutation, DeleteChatMutationVariables>;

export const ReactDocument = "mutation React($chat:ID!$emoji:String!$on:Boolean!){react(chat:$chat emoji:$emoji on:$on){id}}" as Document<ReactMutation, ReactMutationVariables>;

export const MarkReadDocument = "mutation MarkRead($chat:ID!){markRead(chat:$chat){id lastRead}}" as Document<MarkReadMutation, MarkReadMutationVariables>;

export const SetTypingDocument = "mutation SetTyping($room:ID!){setTyping(room:$room){id}}" as Document<SetTypingMutation, SetTypingMutationVariables>;

/** The codes of refusals. A newer server may have more. */

export type ErrorCode = "BAD_USER_INPUT" | "CURSOR_DIVERGED" | "FORBIDDEN" | "GRAPHQL_PARSE_FAILED" | "GRAPHQL_VALIDATION_FAILED" | "ID_TAKEN" | "INTERNAL_SERVER_ERROR" | "INVALID_CREDENTIALS" | "LIMIT_REACHED" | "NOT_FOUND" | "OPERATION_TOO_COMPLEX" | "PERSISTED_QUERY_NOT_FOUND" | "RATE_LIMITED" | "REFRESH_TOKEN_ROTATED" | "ROOM_NAME_TAKEN" | "SERVER_BUSY" | "SESSION_REVOKED" | "SHUTTING_DOWN" | "STORAGE_FULL" | "TIMEOUT" | "TOKEN_EXPIRED" | "UNAUTHENTICATED" | "UNKNOWN_OUTCOME" | "USERNAME_TAKEN";