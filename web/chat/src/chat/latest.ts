import { Store } from "../api/store";
import type { ActivitySubscription, LastChatFragment, RoomRowFragment } from "../gql/graphql";

type Event = ActivitySubscription["events"];

/** What is known of a room: its latest chat as the server answered it, and the latest that was heard of. */
type Known = { answered: LastChatFragment | null; heard: LastChatFragment | undefined };

/** Latest is the latest chat of each room: as the server answered it, or as it was heard of since. */
export class Latest {
  /** How often something has changed. */
  readonly changes = new Store(0);
  readonly #me: string;
  readonly #rooms = new Map<string, Known>();
  readonly #shown = new WeakMap<RoomRowFragment, RoomRowFragment>();

  /** `me` is one's own id. */
  constructor(me: string) {
    this.#me = me;
  }

  /** answered takes in a room. The answer may be older than what was heard. */
  answered({ id, lastChat }: { id: string; lastChat: LastChatFragment | null }): void {
    this.#set(id, { answered: lastChat, heard: this.#rooms.get(id)?.heard });
  }

  /** happened takes in what the stream says. */
  happened({ kind, room, chat, user }: Event): void {
    if (kind === "CAUGHT_UP") return this.#beginAnew();
    if (!room) return;
    const known = this.#rooms.get(room.id);
    const gone = kind === "ROOM_DELETED" || ((kind === "MEMBER_LEFT" || kind === "MEMBER_REMOVED") && user?.id === this.#me);
    if (gone) this.#rooms.delete(room.id);
    else if (chat && !isLater(known?.heard, chat)) this.#set(room.id, { answered: known?.answered ?? null, heard: chat });
  }

  /** in is a room with its latest chat: the same object as long as that is the same. */
  in(room: RoomRowFragment): RoomRowFragment {
    const known = this.#rooms.get(room.id);
    if (!known) return room;
    const lastChat = latestOf(known);
    let shown = this.#shown.get(room);
    if (shown?.lastChat !== lastChat) this.#shown.set(room, (shown = { ...room, lastChat }));
    return shown;
  }

  // Nothing was heard for a while, in which chats were changed, or lost with a history that was taken back. What is shown
  // stays until the server has answered.
  #beginAnew(): void {
    for (const [id, known] of this.#rooms) this.#rooms.set(id, { answered: latestOf(known), heard: undefined });
  }

  #set(id: string, known: Known): void {
    this.#rooms.set(id, known);
    this.changes.set(this.changes.get() + 1);
  }
}

// Of the same chat what was heard counts.
const latestOf = ({ answered, heard }: Known) => (heard && !isLater(answered, heard) ? heard : answered);

const isLater = (one: LastChatFragment | null | undefined, other: LastChatFragment) => (one?.number ?? 0) > other.number;
