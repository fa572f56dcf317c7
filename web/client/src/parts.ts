import type {
  ChatPartsFragment,
  MemberPartsFragment,
  PersonFragment,
  RoomPageQuery,
  RoomPartsFragment,
  RoomRowFragment,
} from "./gql/documents.ts";

/** Person is somebody with an account. */
export type Person = PersonFragment;

/** Member is somebody's place in a room. `lastRead` is known of oneself, and of others in direct rooms. */
export type Member = MemberPartsFragment;

/** RoomNow is a room as events show it, the same for everybody. */
export type RoomNow = RoomPartsFragment;

/** Room is a room that one is in, or looks at: `me` is null where one is no member. Counts stand at 100 for that many and more. */
export type Room = RoomRowFragment;

/** Pill is one emoji on a chat, and whether it is one's own. */
export interface Pill {
  readonly emoji: string;
  readonly count: number;
  /** The usernames of the first ten. */
  readonly users: readonly string[];
  readonly mine: boolean;
}

/** Chat is one chat as it is now. Its object is another one after each change. */
export type Chat = Omit<ChatPartsFragment, "reactions"> & { readonly reactions: readonly Pill[] };

/** ChatNow is a chat as events show it, the same for everybody. */
export type ChatNow = ChatPartsFragment;

/** ChatRead is a chat as a page shows it. */
export type ChatRead = NonNullable<RoomPageQuery["chats"]>["nodes"][number];
