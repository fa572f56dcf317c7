/** Counts are what one has not read in a room; 100 stands for that many and more. */
export interface Counts {
  /** chats of others that are not deleted */
  unreadCount: number;
  /** those that mention or answer oneself */
  mentionCount: number;
}

/** A CountedRoom is a room with what the server has counted. */
export interface CountedRoom extends Counts {
  id: string;
  lastNumber: number;
  me: { lastRead: number | null } | null;
}

/** An UnreadEvent is what happened in a room, as far as it makes a difference. */
export interface UnreadEvent {
  kind: string;
  room: { id: string };
  chat: UnreadChat | null;
  actor: { id: string } | null;
  user: { id: string } | null;
  member: { lastRead: number | null } | null;
}

/** An UnreadChat is a chat, as far as it makes a difference. */
export interface UnreadChat {
  number: number;
  username: string;
  deletedAt: string | null;
  mentions: { id: string }[];
  replyTo: { username: string } | null;
}

export declare class Unread {
  constructor(me: { id: string; username: string });
  blocks(people: { username: string }[]): void;
  counted(room: CountedRoom): void;
  of(room: string): Counts;
  /** returns whether it is news */
  read(room: string, number: number): boolean;
  /** returns whether the server must count again */
  happened(event: UnreadEvent): boolean;
  isInside(room: string): boolean;
  forget(room: string): void;
}
