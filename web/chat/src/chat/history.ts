import type { Client } from "urql";
import { noAnswer, type Failure } from "../api/failure";
import { Store } from "../api/store";
import type { RoomPageQuery } from "../gql/graphql";
import { newest, older, standing, type Chat, type Room } from "./pages";
import { ownBehind } from "./reactions";
import { stream, type Event } from "./stream";

/** View is a room as it is shown. */
export type View = {
  room: Room | undefined;
  /** Oldest first, without a hole up to the newest. Undefined until there is something to show. */
  chats: readonly Chat[] | undefined;
  /** Why the room cannot be shown, or is no longer there. */
  failure: Failure | undefined;
  /** One was taken out of it, or has left, and has not come back. */
  gone: "removed" | "left" | undefined;
  older: "more" | "loading" | "failed" | "none";
  /** The number of the last chat that had been read when the room was opened. Undefined for whoever is not in it. */
  readUpTo: number | undefined;
};

// Nothing has changed in the room: somebody does something now.
const signals: ReadonlySet<Event["kind"]> = new Set<Event["kind"]>(["TYPING", "MEMBER_READ"]);

/**
 * History is one room: its newest page, the pages before it that were asked for, and what happens
 * meanwhile. A chat gets in by the server's answer for a page or by the stream, and by nothing else: so
 * what is shown is what the stream's cursor stands for, and a history that was taken back is noticed.
 */
export class History {
  /** What is shown: a moment behind what is known, so that news that come together are shown together. */
  readonly view = new Store<View>({
    room: undefined,
    chats: undefined,
    failure: undefined,
    gone: undefined,
    older: "none",
    readUpTo: undefined,
  });
  #now = this.view.get();
  #due = false; // it will be shown in a moment
  /** How often everything up to then has been read. */
  readonly caughtUp = new Store(0);
  /** How often the members have changed. */
  readonly members = new Store(0);
  readonly #chats = new Map<number, Chat>();
  readonly #arrived = new Set<(event: Event) => void>();
  #before: string | null = null; // where the oldest page begins, null at the beginning of the room
  readonly #changed = new Set<string>(); // chats that were changed while an older page was on its way
  #live = false; // everything up to now has been read
  #stopStream = () => {};
  #giveUp = () => {};
  #giveUpOlder = () => {};
  #giveUpStanding = () => {};

  /** `me` is the id of whoever reads. */
  constructor(
    readonly client: Client,
    readonly name: string,
    readonly me: string,
  ) {}

  /** onArrival tells about live events, and not about what is only caught up with. */
  onArrival(tell: (event: Event) => void): () => void {
    this.#arrived.add(tell);
    return () => this.#arrived.delete(tell);
  }

  /** start reads the newest page and follows the room from there. Called again it begins anew. */
  readonly start = (): void => {
    this.stop();
    const show = ({ room, chats }: RoomPageQuery) => {
      if (!room || !chats) return;
      this.#chats.clear();
      this.#keep(chats.nodes);
      this.#before = chats.pageInfo.hasPreviousPage ? chats.pageInfo.startCursor : null;
      this.#change({ room, failure: undefined, gone: undefined, older: this.#before ? "more" : "none" });
    };
    this.#giveUp = newest(this.client, this.name, {
      remembered: show,
      answered: (failure, data) => {
        if (failure || !data?.chats?.syncCursor) return this.#change({ failure: failure ?? noAnswer() });
        this.#change({ readUpTo: this.#now.readUpTo ?? data.room?.me?.lastRead ?? undefined });
        show(data);
        this.#follow(data.chats.syncCursor);
      },
    });
  };

  /** again starts once more if the last start failed and another may succeed. */
  readonly again = (): void => {
    if (this.#now.failure?.passes) this.start();
  };

  readonly stop = (): void => {
    this.#live = false;
    this.#stopStream();
    this.#giveUp();
    this.#giveUpOlder();
    this.#giveUpStanding();
  };

  /** nearStart reads one page more, unless the last one could not be read. */
  readonly nearStart = (): void => {
    if (this.#now.older === "more") this.loadOlder();
  };

  /** loadOlder reads one page more, if there is one and none is on its way. */
  readonly loadOlder = (): void => {
    const { older: state } = this.#now;
    if (!this.#before || state === "loading" || state === "none") return;
    this.#changed.clear();
    this.#change({ older: "loading" });
    this.#giveUpOlder = older(this.client, { room: this.name, before: this.#before }, {
      answered: (failure, data) => {
        // The answer may be older than a change that came while it was on its way.
        const stale = data?.chats?.nodes.some(({ id, replyTo }) => this.#changed.has(id) || this.#changed.has(replyTo?.id ?? ""));
        if (data?.chats && !stale) {
          this.#keep(data.chats.nodes);
          this.#before = data.chats.pageInfo.hasPreviousPage ? data.chats.pageInfo.startCursor : null;
        }
        this.#change({ older: failure ? "failed" : this.#before ? "more" : "none" });
        if (stale) this.nearStart();
      },
    });
  };

  /** look asks what one may do in the room now, until there is an answer. */
  readonly look = (): void => {
    this.#giveUpStanding();
    this.#giveUpStanding = standing(this.client, this.name, {
      answered: (failure, data) => {
        if (data?.room) this.#change({ room: data.room });
        if (!failure?.passes) return;
        const again = setTimeout(this.look, 1000);
        this.#giveUpStanding = () => clearTimeout(again);
      },
    });
  };

  #follow(place: string): void {
    this.#stopStream();
    this.#stopStream = stream(this.client, this.name, place, {
      happened: (event) => this.#happened(event),
      ended: (failure) => {
        if (failure.code !== "CURSOR_DIVERGED") return this.#change({ failure });
        this.#change({ readUpTo: undefined }); // a number of the history that was taken back
        this.start();
      },
    });
  }

  #happened(event: Event): void {
    const { kind, chat } = event;
    if (kind === "CAUGHT_UP") {
      this.#live = true;
      this.caughtUp.set(this.caughtUp.get() + 1);
    } else if (kind === "CHAT_SENT" && chat) {
      this.#keep([{ ...chat, myReactions: this.#chats.get(chat.number)?.myReactions ?? [] }]);
    } else if (chat) {
      this.#renew(chat, event);
    } else if (!signals.has(kind)) {
      this.#moved(event);
    }
    if (this.#live) for (const tell of this.#arrived) tell(event);
  }

  // What one may do is not in the stream, which is the same for all.
  #moved({ kind, user }: Event): void {
    this.members.set(this.members.get() + 1);
    const mine = user?.id === this.me;
    if (mine) this.#change({ gone: kind === "MEMBER_REMOVED" ? "removed" : kind === "MEMBER_LEFT" ? "left" : undefined });
    if (!mine && kind !== "ROOM_UPDATED") return;
    this.look();
  }

  #keep(chats: readonly Chat[]): void {
    for (const chat of chats) this.#chats.set(chat.number, chat);
    this.#change({});
  }

  // A chat has changed, and with it what is shown above those that answer it.
  #renew(chat: NonNullable<Event["chat"]>, event: Event): void {
    this.#changed.add(chat.id);
    const known = this.#chats.get(chat.number);
    const renewed: Chat[] = known?.id === chat.id ? [{ ...chat, myReactions: ownBehind(known, event, this.me) }] : [];
    for (const other of this.#chats.values()) {
      if (other.replyTo?.id === chat.id && other.replyTo.text !== chat.text) renewed.push({ ...other, replyTo: chat });
    }
    this.#keep(renewed);
  }

  #change(change: Partial<View>): void {
    this.#now = { ...this.#now, ...change };
    if (this.#due) return;
    this.#due = true;
    setTimeout(() => this.#show());
  }

  #show(): void {
    this.#due = false;
    if (this.#now.room) this.#now.chats = [...this.#chats.values()].toSorted((a, b) => a.number - b.number);
    this.view.set({ ...this.#now });
  }
}
