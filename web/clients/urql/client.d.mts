import type { Client, CombinedError } from "@urql/core";
import type { Reason } from "../chats.mjs";
import type { Session } from "../session.mjs";
import type { SocketOptions } from "../socket.mjs";

export declare function connect(session: Session, options?: SocketOptions): Client;
export declare function reasonOf(error: CombinedError): Reason;
