import type { Client } from "urql";
import { Connection } from "../../../client/src/connection.ts";
import type { Session } from "../../../client/src/session.ts";
import { Kept } from "../chat/kept";
import { Latest } from "../chat/latest";
import { Outbox } from "../chat/outbox";
import { People } from "../chat/people";
import { Reading } from "../chat/reading";
import { Typing } from "../chat/typing";
import { Unread } from "../chat/unread";
import type { BlockedUsersQuery } from "../gql/graphql";
import { countedIn } from "./answered";
import { makeClient } from "./client";
import { Line } from "./line";

/** Services are what one signed-in person works with. They live until that person is signed out. */
export class Services {
  readonly line: Line;
  readonly client: Client;
  readonly outbox: Outbox;
  readonly people: People;
  readonly kept: Kept;
  readonly unread: Unread;
  readonly latest: Latest;
  readonly reading: Reading;
  readonly typing: Typing;
  readonly #connection: Connection;

  constructor(
    readonly me: { readonly id: string; readonly username: string },
    session: Session,
  ) {
    this.#connection = new Connection(session);
    this.line = new Line(this.#connection.link);
    this.client = makeClient(me.id, session, this.#connection, (data, asked) => this.#answered(data, asked));
    this.people = new People(this.client, me.username);
    this.kept = new Kept(me.id);
    this.outbox = new Outbox(this.client, this.kept);
    this.unread = new Unread(this.client, me);
    this.latest = new Latest(me.id);
    this.reading = new Reading(this.client, this.unread);
    this.typing = new Typing(this.client, this.line);
    this.line.times.subscribe(this.outbox.wake);
  }

  stop(): void {
    this.outbox.stop();
    this.people.stop();
    this.unread.stop();
    this.reading.stop();
    this.kept.stop();
    this.line.stop();
    this.#connection.stop();
  }

  #answered(data: unknown, asked: number): void {
    const { blockedUsers } = (data ?? {}) as Partial<BlockedUsersQuery>;
    if (blockedUsers) this.unread.blocks(blockedUsers);
    this.people.learn(data, asked);
    for (const room of countedIn(data)) {
      this.unread.counted(room, asked);
      const { id, lastChat } = room;
      if (lastChat !== undefined) this.latest.answered({ id, lastChat });
    }
  }
}
