import type { Client } from "urql";
import { failureOf, type Failure } from "../api/failure";
import { Store } from "../api/store";
import { ReactDocument } from "../gql/graphql";
import type { History } from "./history";
import type { Wishes } from "./reactions";
import type { Event } from "./stream";

/** Pending is what is on its way about one chat, and what could not be done. */
export type Pending = { wishes: Wishes; failed?: { emoji: string; on: boolean; failure: Failure } | undefined };

type Wish = {
  chat: string;
  emoji: string;
  on: boolean;
  /** The server was asked, and has not answered. */
  asked: boolean;
  /** What the stream has said meanwhile. */
  heard?: boolean | undefined;
};

/**
 * Reacting is one's own reactions in a room from the click until the room shows them. What the server
 * refuses is taken back, and why.
 */
export class Reacting {
  /** By id of the chat. */
  readonly pending = new Store<ReadonlyMap<string, Pending>>(new Map());
  readonly #client: Client;
  readonly #history: History;
  readonly #wishes = new Map<string, Wish>();
  readonly #failed = new Map<string, Pending["failed"]>();

  constructor(client: Client, history: History) {
    this.#client = client;
    this.#history = history;
  }

  /** follow listens to the room, until it is stopped. */
  follow(): () => void {
    const stops = [this.#history.onArrival(this.#happened), this.#history.caughtUp.subscribe(this.#caughtUp)];
    return () => stops.forEach((stop) => stop());
  }

  /** react puts an emoji on a chat, or takes it off. */
  react(chat: string, emoji: string, on: boolean): void {
    this.#failed.delete(chat);
    const key = `${chat} ${emoji}`;
    const wish = this.#wishes.get(key) ?? { chat, emoji, on, asked: false };
    wish.on = on;
    this.#wishes.set(key, wish);
    this.#tell();
    if (!wish.asked) void this.#ask(key, wish);
  }

  /** dismiss takes note that somebody has read what could not be done. */
  dismiss(chat: string): void {
    this.#failed.delete(chat);
    this.#tell();
  }

  // It is a state and no toggle: who clicks again meanwhile has the last state sent.
  async #ask(key: string, wish: Wish): Promise<void> {
    wish.asked = true;
    const { chat, emoji } = wish;
    for (let sent; sent !== wish.on; ) {
      sent = wish.on;
      wish.heard = undefined;
      const { error } = await this.#client.mutation(ReactDocument, { chat, emoji, on: sent }).toPromise();
      if (!error) continue;
      this.#failed.set(chat, { emoji, on: sent, failure: failureOf(error) });
      this.#wishes.delete(key);
      return this.#tell();
    }
    wish.asked = false;
    if (wish.heard === wish.on || this.#shown(wish)) this.#settle(key);
  }

  #shown({ chat, emoji, on }: Wish): boolean {
    const known = this.#history.view.get().chats?.find(({ id }) => id === chat);
    return known !== undefined && known.myReactions.includes(emoji) === on;
  }

  readonly #happened = ({ kind, chat, emoji, actor }: Event): void => {
    const key = `${chat?.id} ${emoji}`;
    const wish = this.#wishes.get(key);
    if (!wish || actor?.id !== this.#history.me) return;
    wish.heard = kind === "CHAT_REACTED";
    if (!wish.asked && wish.heard === wish.on) this.#settle(key);
  };

  // What was answered before is in what has been read.
  readonly #caughtUp = (): void => {
    for (const [key, { asked }] of this.#wishes) if (!asked) this.#settle(key);
  };

  // What the room has heard it shows a moment later.
  #settle(key: string): void {
    this.#wishes.delete(key);
    setTimeout(() => this.#tell());
  }

  #tell(): void {
    const now = new Map<string, Pending>();
    for (const { chat, emoji, on } of this.#wishes.values()) {
      now.set(chat, { wishes: new Map([...(now.get(chat)?.wishes ?? []), [emoji, on]]) });
    }
    for (const [chat, failed] of this.#failed) now.set(chat, { wishes: new Map(), ...now.get(chat), failed });
    this.pending.set(now);
  }
}
