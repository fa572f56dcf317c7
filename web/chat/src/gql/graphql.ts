/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
import gql from 'graphql-tag';
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

/** Who may make an account. */
export type Registration =
  /** Nobody. Whoever runs the server makes accounts. */
  | 'CLOSED'
  /** Whoever has the code of an invite to the server. */
  | 'INVITE'
  /** Everybody. */
  | 'OPEN';

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

/** From which rooms a list is made. */
export type RoomScope =
  /** All you may see. */
  | 'ALL'
  /** Those you are in. */
  | 'JOINED';

/** What somebody may do on the server. More may be added: ignore those you do not know. */
export type ServerAction =
  /** Make rooms: `createRoom`. */
  | 'CREATE_ROOMS'
  /** List people, or search among them: `users`. One person is found by `user` in any case, and who may read a room sees who is in it. */
  | 'LIST_PEOPLE'
  /** Open direct rooms that are not there yet: `openDirectRoom`. */
  | 'OPEN_DIRECT';

/** What somebody may do on the server. */
export type ServerRole =
  /** Disable accounts, invite to the server, and do in public rooms what their owners may. Made by whoever runs the server. */
  | 'ADMIN'
  /** What everybody may. */
  | 'MEMBER';

export type QuotedFragment = { id: string, username: string, text: string | null, deletedAt: string | null, user: { name: string, isBot: boolean } | null };

export type ChatRowFragment = { id: string, number: number, username: string, text: string | null, createdAt: string, editedAt: string | null, deletedAt: string | null, user: { name: string, isBot: boolean } | null, mentions: Array<{ id: string, username: string }>, replyTo: { id: string, username: string, text: string | null, deletedAt: string | null, user: { name: string, isBot: boolean } | null } | null, reactions: Array<{ emoji: string, count: number, users: Array<{ username: string }> }> };

export type RoomPageQueryVariables = Exact<{
  room: string;
  last: number;
}>;


export type RoomPageQuery = { room: { id: string, name: string, topic: string | null, kind: RoomKind, createdAt: string, sendRole: Role, memberCount: number, allowedActions: Array<RoomAction>, me: { id: string, lastRead: number | null } | null } | null, chats: { syncCursor: string | null, nodes: Array<{ myReactions: Array<string>, id: string, number: number, username: string, text: string | null, createdAt: string, editedAt: string | null, deletedAt: string | null, user: { name: string, isBot: boolean } | null, mentions: Array<{ id: string, username: string }>, replyTo: { id: string, username: string, text: string | null, deletedAt: string | null, user: { name: string, isBot: boolean } | null } | null, reactions: Array<{ emoji: string, count: number, users: Array<{ username: string }> }> }>, pageInfo: { startCursor: string | null, hasPreviousPage: boolean } } | null };

export type OlderChatsQueryVariables = Exact<{
  room: string;
  before: string;
  last: number;
}>;


export type OlderChatsQuery = { chats: { nodes: Array<{ myReactions: Array<string>, id: string, number: number, username: string, text: string | null, createdAt: string, editedAt: string | null, deletedAt: string | null, user: { name: string, isBot: boolean } | null, mentions: Array<{ id: string, username: string }>, replyTo: { id: string, username: string, text: string | null, deletedAt: string | null, user: { name: string, isBot: boolean } | null } | null, reactions: Array<{ emoji: string, count: number, users: Array<{ username: string }> }> }>, pageInfo: { startCursor: string | null, hasPreviousPage: boolean } } | null };

export type RoomEventsSubscriptionVariables = Exact<{
  rooms: Array<string> | string;
  after: Array<string> | string;
}>;


export type RoomEventsSubscription = { events: { cursor: string | null, kind: EventKind, cursors: Array<string> | null, emoji: string | null, preview: string | null, actor: { id: string, username: string, name: string, isBot: boolean } | null, user: { id: string, username: string, name: string, isBot: boolean } | null, room: { id: string, name: string } | null, chat: { id: string, number: number, username: string, text: string | null, createdAt: string, editedAt: string | null, deletedAt: string | null, user: { name: string, isBot: boolean } | null, mentions: Array<{ id: string, username: string }>, replyTo: { id: string, username: string, text: string | null, deletedAt: string | null, user: { name: string, isBot: boolean } | null } | null, reactions: Array<{ emoji: string, count: number, users: Array<{ username: string }> }> } | null } };

export type SendChatMutationVariables = Exact<{
  room: string;
  id: string;
  text: string;
  replyTo?: string | null | undefined;
}>;


export type SendChatMutation = { sendChat: { id: string, text: string | null, createdAt: string, deletedAt: string | null } | null };

export type EditChatMutationVariables = Exact<{
  chat: string;
  text: string;
}>;


export type EditChatMutation = { editChat: { id: string, text: string | null, editedAt: string | null } | null };

export type DeleteChatMutationVariables = Exact<{
  chat: string;
}>;


export type DeleteChatMutation = { deleteChat: { id: string, text: string | null, deletedAt: string | null } | null };

export type ReactMutationVariables = Exact<{
  chat: string;
  emoji: string;
  on: boolean;
}>;


export type ReactMutation = { react: { id: string, myReactions: Array<string> } | null };

export type SetTypingMutationVariables = Exact<{
  room: string;
}>;


export type SetTypingMutation = { setTyping: { id: string } | null };

export type MarkReadMutationVariables = Exact<{
  chat: string;
}>;


export type MarkReadMutation = { markRead: { id: string, lastRead: number | null, room: { id: string, unreadCount: number, mentionCount: number, lastNumber: number, me: { id: string, lastRead: number | null } | null } } | null };

export type StandingFragment = { id: string, name: string, topic: string | null, kind: RoomKind, createdAt: string, sendRole: Role, memberCount: number, allowedActions: Array<RoomAction>, me: { id: string, lastRead: number | null } | null };

export type RoomStandingQueryVariables = Exact<{
  room: string;
}>;


export type RoomStandingQuery = { room: { id: string, name: string, topic: string | null, kind: RoomKind, createdAt: string, sendRole: Role, memberCount: number, allowedActions: Array<RoomAction>, me: { id: string, lastRead: number | null } | null } | null };

export type MembersQueryVariables = Exact<{
  room: string;
  after?: string | null | undefined;
}>;


export type MembersQuery = { room: { id: string, members: { nodes: Array<{ id: string, role: Role, user: { isDisabled: boolean, id: string, username: string, name: string, isBot: boolean } }>, pageInfo: { endCursor: string | null, hasNextPage: boolean } }, invites: Array<{ id: string, code: string, usesLeft: number | null }> | null } | null };

export type JoinRoomMutationVariables = Exact<{
  room: string;
}>;


export type JoinRoomMutation = { joinRoom: { id: string, room: { id: string, name: string, topic: string | null, kind: RoomKind, createdAt: string, sendRole: Role, memberCount: number, allowedActions: Array<RoomAction>, me: { id: string, lastRead: number | null } | null } } | null };

export type LeaveRoomMutationVariables = Exact<{
  room: string;
}>;


export type LeaveRoomMutation = { leaveRoom: string | null };

export type AddMemberMutationVariables = Exact<{
  room: string;
  user: string;
}>;


export type AddMemberMutation = { addMember: { id: string } | null };

export type RemoveMemberMutationVariables = Exact<{
  room: string;
  user: string;
}>;


export type RemoveMemberMutation = { removeMember: string | null };

export type SetRoleMutationVariables = Exact<{
  room: string;
  user: string;
  role: Role;
}>;


export type SetRoleMutation = { setRole: { id: string, role: Role } | null };

export type CreateInviteMutationVariables = Exact<{
  room: string;
  uses: number;
}>;


export type CreateInviteMutation = { createInvite: { id: string } | null };

export type DeleteInviteMutationVariables = Exact<{
  invite: string;
}>;


export type DeleteInviteMutation = { deleteInvite: string | null };

export type AcceptInviteMutationVariables = Exact<{
  code: string;
}>;


export type AcceptInviteMutation = { acceptInvite: { id: string, room: { name: string, topic: string | null, kind: RoomKind, createdAt: string, id: string, unreadCount: number, mentionCount: number, lastNumber: number, lastChat: { id: string, number: number, username: string, text: string | null, createdAt: string, deletedAt: string | null } | null, me: { id: string, lastRead: number | null } | null } } | null };

export type WhoFragment = { id: string, username: string, name: string, isBot: boolean };

export type EndOthersMutationVariables = Exact<{ [key: string]: never; }>;


export type EndOthersMutation = { logout: number | null };

export type EndSessionMutationVariables = Exact<{
  session: string;
}>;


export type EndSessionMutation = { endSession: string | null };

export type SessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionsQuery = { sessions: Array<{ id: string, createdAt: string, lastUsedAt: string, userAgent: string | null, ipAddress: string | null, isCurrent: boolean }> | null };

export type RegistrationQueryVariables = Exact<{ [key: string]: never; }>;


export type RegistrationQuery = { server: { registration: Registration } };

export type RightsQueryVariables = Exact<{ [key: string]: never; }>;


export type RightsQuery = { server: { membersMay: Array<ServerAction> }, me: { id: string, serverRole: ServerRole } | null };

export type LimitsQueryVariables = Exact<{ [key: string]: never; }>;


export type LimitsQuery = { server: { limits: { chatLength: number } } };

export type BlockedUsersQueryVariables = Exact<{ [key: string]: never; }>;


export type BlockedUsersQuery = { blockedUsers: Array<{ id: string, username: string }> | null };

export type BlockUserMutationVariables = Exact<{
  user: string;
  on: boolean;
}>;


export type BlockUserMutation = { blockUser: { id: string, username: string } | null };

export type PeopleQueryVariables = Exact<{
  a: string;
  b: string;
  c: string;
  d: string;
  e: string;
  f: string;
  g: string;
  h: string;
  i: string;
  j: string;
}>;


export type PeopleQuery = { a: { id: string, username: string, name: string, isBot: boolean } | null, b: { id: string, username: string, name: string, isBot: boolean } | null, c: { id: string, username: string, name: string, isBot: boolean } | null, d: { id: string, username: string, name: string, isBot: boolean } | null, e: { id: string, username: string, name: string, isBot: boolean } | null, f: { id: string, username: string, name: string, isBot: boolean } | null, g: { id: string, username: string, name: string, isBot: boolean } | null, h: { id: string, username: string, name: string, isBot: boolean } | null, i: { id: string, username: string, name: string, isBot: boolean } | null, j: { id: string, username: string, name: string, isBot: boolean } | null };

export type UpdateMeMutationVariables = Exact<{
  name?: string | null | undefined;
}>;


export type UpdateMeMutation = { updateMe: { id: string, username: string, name: string, isBot: boolean } | null };

export type LastChatFragment = { id: string, number: number, username: string, text: string | null, createdAt: string, deletedAt: string | null };

export type CountsFragment = { id: string, unreadCount: number, mentionCount: number, lastNumber: number, me: { id: string, lastRead: number | null } | null };

export type RoomRowFragment = { name: string, topic: string | null, kind: RoomKind, createdAt: string, id: string, unreadCount: number, mentionCount: number, lastNumber: number, lastChat: { id: string, number: number, username: string, text: string | null, createdAt: string, deletedAt: string | null } | null, me: { id: string, lastRead: number | null } | null };

export type RoomsQueryVariables = Exact<{
  scope: RoomScope;
  matching?: string | null | undefined;
  first: number;
}>;


export type RoomsQuery = { me: { id: string, username: string, name: string, isBot: boolean } | null, blockedUsers: Array<{ id: string, username: string }> | null, rooms: { nodes: Array<{ name: string, topic: string | null, kind: RoomKind, createdAt: string, id: string, unreadCount: number, mentionCount: number, lastNumber: number, lastChat: { id: string, number: number, username: string, text: string | null, createdAt: string, deletedAt: string | null } | null, me: { id: string, lastRead: number | null } | null }>, pageInfo: { hasNextPage: boolean } } | null };

export type OpenRoomQueryVariables = Exact<{
  room: string;
}>;


export type OpenRoomQuery = { room: { name: string, topic: string | null, kind: RoomKind, createdAt: string, id: string, unreadCount: number, mentionCount: number, lastNumber: number, lastChat: { id: string, number: number, username: string, text: string | null, createdAt: string, deletedAt: string | null } | null, me: { id: string, lastRead: number | null } | null } | null };

export type RoomCountsQueryVariables = Exact<{
  rooms: Array<string> | string;
}>;


export type RoomCountsQuery = { nodes: Array<
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, unreadCount: number, mentionCount: number, lastNumber: number, me: { id: string, lastRead: number | null } | null }
    | { id: string }
    | { id: string }
   | null> };

export type PublicRoomsQueryVariables = Exact<{
  matching?: string | null | undefined;
}>;


export type PublicRoomsQuery = { rooms: { nodes: Array<{ id: string, name: string, topic: string | null, kind: RoomKind, memberCount: number, allowedActions: Array<RoomAction> }> } | null };

export type ActivitySubscriptionVariables = Exact<{ [key: string]: never; }>;


export type ActivitySubscription = { events: { kind: EventKind, actor: { id: string } | null, user: { id: string } | null, room: { id: string, name: string, topic: string | null } | null, chat: { id: string, number: number, username: string, text: string | null, createdAt: string, deletedAt: string | null, user: { name: string, isBot: boolean } | null, mentions: Array<{ id: string, username: string }>, replyTo: { id: string, username: string } | null } | null } };

export type CreateRoomMutationVariables = Exact<{
  id: string;
  name: string;
  topic?: string | null | undefined;
  kind: RoomKind;
  members?: Array<string> | string | null | undefined;
}>;


export type CreateRoomMutation = { createRoom: { name: string, topic: string | null, kind: RoomKind, createdAt: string, id: string, unreadCount: number, mentionCount: number, lastNumber: number, lastChat: { id: string, number: number, username: string, text: string | null, createdAt: string, deletedAt: string | null } | null, me: { id: string, lastRead: number | null } | null } | null };

export type OpenDirectMutationVariables = Exact<{
  users: Array<string> | string;
}>;


export type OpenDirectMutation = { openDirectRoom: { name: string, topic: string | null, kind: RoomKind, createdAt: string, id: string, unreadCount: number, mentionCount: number, lastNumber: number, lastChat: { id: string, number: number, username: string, text: string | null, createdAt: string, deletedAt: string | null } | null, me: { id: string, lastRead: number | null } | null } | null };

export type DeleteRoomMutationVariables = Exact<{
  room: string;
}>;


export type DeleteRoomMutation = { deleteRoom: string | null };

export const QuotedFragmentDoc = gql`
    fragment Quoted on Chat {
  id
  username
  user {
    name
    isBot
  }
  text
  deletedAt
}
    ` as unknown as DocumentNode<QuotedFragment, unknown>;
export const ChatRowFragmentDoc = gql`
    fragment ChatRow on Chat {
  id
  number
  username
  user {
    name
    isBot
  }
  text
  createdAt
  editedAt
  deletedAt
  mentions {
    id
    username
  }
  replyTo {
    ...Quoted
  }
  reactions {
    emoji
    count
    users {
      username
    }
  }
}
    ` as unknown as DocumentNode<ChatRowFragment, unknown>;
export const StandingFragmentDoc = gql`
    fragment Standing on Room {
  id
  name
  topic
  kind
  createdAt
  sendRole
  memberCount
  allowedActions
  me {
    id
    lastRead
  }
}
    ` as unknown as DocumentNode<StandingFragment, unknown>;
export const WhoFragmentDoc = gql`
    fragment Who on User {
  id
  username
  name
  isBot
}
    ` as unknown as DocumentNode<WhoFragment, unknown>;
export const CountsFragmentDoc = gql`
    fragment Counts on Room {
  id
  unreadCount
  mentionCount
  lastNumber
  me {
    id
    lastRead
  }
}
    ` as unknown as DocumentNode<CountsFragment, unknown>;
export const LastChatFragmentDoc = gql`
    fragment LastChat on Chat {
  id
  number
  username
  text
  createdAt
  deletedAt
}
    ` as unknown as DocumentNode<LastChatFragment, unknown>;
export const RoomRowFragmentDoc = gql`
    fragment RoomRow on Room {
  ...Counts
  name
  topic
  kind
  createdAt
  lastChat {
    ...LastChat
  }
}
    ` as unknown as DocumentNode<RoomRowFragment, unknown>;
export const RoomPageDocument = gql`
    query RoomPage($room: ID!, $last: Int!) {
  room(id: $room) {
    ...Standing
  }
  chats(room: $room, last: $last) {
    nodes {
      ...ChatRow
      myReactions
    }
    pageInfo {
      startCursor
      hasPreviousPage
    }
    syncCursor
  }
}
    ${StandingFragmentDoc}
${ChatRowFragmentDoc}
${QuotedFragmentDoc}` as unknown as DocumentNode<RoomPageQuery, RoomPageQueryVariables>;
export const OlderChatsDocument = gql`
    query OlderChats($room: ID!, $before: Cursor!, $last: Int!) {
  chats(room: $room, before: $before, last: $last) {
    nodes {
      ...ChatRow
      myReactions
    }
    pageInfo {
      startCursor
      hasPreviousPage
    }
  }
}
    ${ChatRowFragmentDoc}
${QuotedFragmentDoc}` as unknown as DocumentNode<OlderChatsQuery, OlderChatsQueryVariables>;
export const RoomEventsDocument = gql`
    subscription RoomEvents($rooms: [ID!]!, $after: [Cursor!]!) {
  events(rooms: $rooms, after: $after) {
    cursor
    kind
    cursors
    emoji
    preview
    actor {
      ...Who
    }
    user {
      ...Who
    }
    room {
      id
      name
    }
    chat {
      ...ChatRow
    }
  }
}
    ${WhoFragmentDoc}
${ChatRowFragmentDoc}
${QuotedFragmentDoc}` as unknown as DocumentNode<RoomEventsSubscription, RoomEventsSubscriptionVariables>;
export const SendChatDocument = gql`
    mutation SendChat($room: ID!, $id: ID!, $text: String!, $replyTo: ID) {
  sendChat(room: $room, id: $id, text: $text, replyTo: $replyTo) {
    id
    text
    createdAt
    deletedAt
  }
}
    ` as unknown as DocumentNode<SendChatMutation, SendChatMutationVariables>;
export const EditChatDocument = gql`
    mutation EditChat($chat: ID!, $text: String!) {
  editChat(chat: $chat, text: $text) {
    id
    text
    editedAt
  }
}
    ` as unknown as DocumentNode<EditChatMutation, EditChatMutationVariables>;
export const DeleteChatDocument = gql`
    mutation DeleteChat($chat: ID!) {
  deleteChat(chat: $chat) {
    id
    text
    deletedAt
  }
}
    ` as unknown as DocumentNode<DeleteChatMutation, DeleteChatMutationVariables>;
export const ReactDocument = gql`
    mutation React($chat: ID!, $emoji: String!, $on: Boolean!) {
  react(chat: $chat, emoji: $emoji, on: $on) {
    id
    myReactions
  }
}
    ` as unknown as DocumentNode<ReactMutation, ReactMutationVariables>;
export const SetTypingDocument = gql`
    mutation SetTyping($room: ID!) {
  setTyping(room: $room) {
    id
  }
}
    ` as unknown as DocumentNode<SetTypingMutation, SetTypingMutationVariables>;
export const MarkReadDocument = gql`
    mutation MarkRead($chat: ID!) {
  markRead(chat: $chat) {
    id
    lastRead
    room {
      ...Counts
    }
  }
}
    ${CountsFragmentDoc}` as unknown as DocumentNode<MarkReadMutation, MarkReadMutationVariables>;
export const RoomStandingDocument = gql`
    query RoomStanding($room: ID!) {
  room(id: $room) {
    ...Standing
  }
}
    ${StandingFragmentDoc}` as unknown as DocumentNode<RoomStandingQuery, RoomStandingQueryVariables>;
export const MembersDocument = gql`
    query Members($room: ID!, $after: Cursor) {
  room(id: $room) {
    id
    members(first: 200, after: $after) {
      nodes {
        id
        role
        user {
          ...Who
          isDisabled
        }
      }
      pageInfo {
        endCursor
        hasNextPage
      }
    }
    invites {
      id
      code
      usesLeft
    }
  }
}
    ${WhoFragmentDoc}` as unknown as DocumentNode<MembersQuery, MembersQueryVariables>;
export const JoinRoomDocument = gql`
    mutation JoinRoom($room: ID!) {
  joinRoom(room: $room) {
    id
    room {
      ...Standing
    }
  }
}
    ${StandingFragmentDoc}` as unknown as DocumentNode<JoinRoomMutation, JoinRoomMutationVariables>;
export const LeaveRoomDocument = gql`
    mutation LeaveRoom($room: ID!) {
  leaveRoom(room: $room)
}
    ` as unknown as DocumentNode<LeaveRoomMutation, LeaveRoomMutationVariables>;
export const AddMemberDocument = gql`
    mutation AddMember($room: ID!, $user: ID!) {
  addMember(room: $room, user: $user) {
    id
  }
}
    ` as unknown as DocumentNode<AddMemberMutation, AddMemberMutationVariables>;
export const RemoveMemberDocument = gql`
    mutation RemoveMember($room: ID!, $user: ID!) {
  removeMember(room: $room, user: $user)
}
    ` as unknown as DocumentNode<RemoveMemberMutation, RemoveMemberMutationVariables>;
export const SetRoleDocument = gql`
    mutation SetRole($room: ID!, $user: ID!, $role: Role!) {
  setRole(room: $room, user: $user, role: $role) {
    id
    role
  }
}
    ` as unknown as DocumentNode<SetRoleMutation, SetRoleMutationVariables>;
export const CreateInviteDocument = gql`
    mutation CreateInvite($room: ID!, $uses: Int!) {
  createInvite(room: $room, uses: $uses) {
    id
  }
}
    ` as unknown as DocumentNode<CreateInviteMutation, CreateInviteMutationVariables>;
export const DeleteInviteDocument = gql`
    mutation DeleteInvite($invite: ID!) {
  deleteInvite(invite: $invite)
}
    ` as unknown as DocumentNode<DeleteInviteMutation, DeleteInviteMutationVariables>;
export const AcceptInviteDocument = gql`
    mutation AcceptInvite($code: String!) {
  acceptInvite(code: $code) {
    id
    room {
      ...RoomRow
    }
  }
}
    ${RoomRowFragmentDoc}
${CountsFragmentDoc}
${LastChatFragmentDoc}` as unknown as DocumentNode<AcceptInviteMutation, AcceptInviteMutationVariables>;
export const EndOthersDocument = gql`
    mutation EndOthers {
  logout(scope: OTHERS)
}
    ` as unknown as DocumentNode<EndOthersMutation, EndOthersMutationVariables>;
export const EndSessionDocument = gql`
    mutation EndSession($session: ID!) {
  endSession(session: $session)
}
    ` as unknown as DocumentNode<EndSessionMutation, EndSessionMutationVariables>;
export const SessionsDocument = gql`
    query Sessions {
  sessions {
    id
    createdAt
    lastUsedAt
    userAgent
    ipAddress
    isCurrent
  }
}
    ` as unknown as DocumentNode<SessionsQuery, SessionsQueryVariables>;
export const RegistrationDocument = gql`
    query Registration {
  server {
    registration
  }
}
    ` as unknown as DocumentNode<RegistrationQuery, RegistrationQueryVariables>;
export const RightsDocument = gql`
    query Rights {
  server {
    membersMay
  }
  me {
    id
    serverRole
  }
}
    ` as unknown as DocumentNode<RightsQuery, RightsQueryVariables>;
export const LimitsDocument = gql`
    query Limits {
  server {
    limits {
      chatLength
    }
  }
}
    ` as unknown as DocumentNode<LimitsQuery, LimitsQueryVariables>;
export const BlockedUsersDocument = gql`
    query BlockedUsers {
  blockedUsers {
    id
    username
  }
}
    ` as unknown as DocumentNode<BlockedUsersQuery, BlockedUsersQueryVariables>;
export const BlockUserDocument = gql`
    mutation BlockUser($user: ID!, $on: Boolean!) {
  blockUser(user: $user, on: $on) {
    id
    username
  }
}
    ` as unknown as DocumentNode<BlockUserMutation, BlockUserMutationVariables>;
export const PeopleDocument = gql`
    query People($a: ID!, $b: ID!, $c: ID!, $d: ID!, $e: ID!, $f: ID!, $g: ID!, $h: ID!, $i: ID!, $j: ID!) {
  a: user(id: $a) {
    ...Who
  }
  b: user(id: $b) {
    ...Who
  }
  c: user(id: $c) {
    ...Who
  }
  d: user(id: $d) {
    ...Who
  }
  e: user(id: $e) {
    ...Who
  }
  f: user(id: $f) {
    ...Who
  }
  g: user(id: $g) {
    ...Who
  }
  h: user(id: $h) {
    ...Who
  }
  i: user(id: $i) {
    ...Who
  }
  j: user(id: $j) {
    ...Who
  }
}
    ${WhoFragmentDoc}` as unknown as DocumentNode<PeopleQuery, PeopleQueryVariables>;
export const UpdateMeDocument = gql`
    mutation UpdateMe($name: String) {
  updateMe(name: $name) {
    ...Who
  }
}
    ${WhoFragmentDoc}` as unknown as DocumentNode<UpdateMeMutation, UpdateMeMutationVariables>;
export const RoomsDocument = gql`
    query Rooms($scope: RoomScope!, $matching: String, $first: Int!) {
  me {
    ...Who
  }
  blockedUsers {
    id
    username
  }
  rooms(scope: $scope, matching: $matching, first: $first) {
    nodes {
      ...RoomRow
    }
    pageInfo {
      hasNextPage
    }
  }
}
    ${WhoFragmentDoc}
${RoomRowFragmentDoc}
${CountsFragmentDoc}
${LastChatFragmentDoc}` as unknown as DocumentNode<RoomsQuery, RoomsQueryVariables>;
export const OpenRoomDocument = gql`
    query OpenRoom($room: ID!) {
  room(id: $room) {
    ...RoomRow
  }
}
    ${RoomRowFragmentDoc}
${CountsFragmentDoc}
${LastChatFragmentDoc}` as unknown as DocumentNode<OpenRoomQuery, OpenRoomQueryVariables>;
export const RoomCountsDocument = gql`
    query RoomCounts($rooms: [ID!]!) {
  nodes(ids: $rooms) {
    id
    ... on Room {
      ...Counts
    }
  }
}
    ${CountsFragmentDoc}` as unknown as DocumentNode<RoomCountsQuery, RoomCountsQueryVariables>;
export const PublicRoomsDocument = gql`
    query PublicRooms($matching: String) {
  rooms(matching: $matching, first: 200) {
    nodes {
      id
      name
      topic
      kind
      memberCount
      allowedActions
    }
  }
}
    ` as unknown as DocumentNode<PublicRoomsQuery, PublicRoomsQueryVariables>;
export const ActivityDocument = gql`
    subscription Activity {
  events {
    kind
    actor {
      id
    }
    user {
      id
    }
    room {
      id
      name
      topic
    }
    chat {
      ...LastChat
      user {
        name
        isBot
      }
      mentions {
        id
        username
      }
      replyTo {
        id
        username
      }
    }
  }
}
    ${LastChatFragmentDoc}` as unknown as DocumentNode<ActivitySubscription, ActivitySubscriptionVariables>;
export const CreateRoomDocument = gql`
    mutation CreateRoom($id: ID!, $name: String!, $topic: String, $kind: RoomKind!, $members: [ID!]) {
  createRoom(id: $id, name: $name, topic: $topic, kind: $kind, members: $members) {
    ...RoomRow
  }
}
    ${RoomRowFragmentDoc}
${CountsFragmentDoc}
${LastChatFragmentDoc}` as unknown as DocumentNode<CreateRoomMutation, CreateRoomMutationVariables>;
export const OpenDirectDocument = gql`
    mutation OpenDirect($users: [ID!]!) {
  openDirectRoom(users: $users) {
    ...RoomRow
  }
}
    ${RoomRowFragmentDoc}
${CountsFragmentDoc}
${LastChatFragmentDoc}` as unknown as DocumentNode<OpenDirectMutation, OpenDirectMutationVariables>;
export const DeleteRoomDocument = gql`
    mutation DeleteRoom($room: ID!) {
  deleteRoom(room: $room)
}
    ` as unknown as DocumentNode<DeleteRoomMutation, DeleteRoomMutationVariables>;