import type { Client } from "urql";
import { Kept } from "../chat/kept";
import { Outbox } from "../chat/outbox";
import type { Tokens } from "../auth/tokens";
import { makeClient } from "./client";
import { Connection } from "./connection";

/** Services are what one signed-in person works with. They live until that person is signed out. */
export class Services {
  readonly connection: Connection;
  readonly client: Client;
  readonly outbox: Outbox;
  readonly kept: Kept;

  constructor(
    readonly me: { readonly id: string; readonly username: string },
    readonly tokens: Tokens,
  ) {
    this.connection = new Connection(tokens);
    this.client = makeClient(me.id, tokens, this.connection);
    this.kept = new Kept(me.id);
    this.outbox = new Outbox(this.client, this.kept);
    this.connection.times.subscribe(this.outbox.wake);
  }

  stop(): void {
    this.outbox.stop();
    this.kept.stop();
    this.connection.stop();
  }
}
