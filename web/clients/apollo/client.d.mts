import type { ApolloClient } from "@apollo/client";
import type { Reason } from "../chats.mjs";
import type { Session } from "../session.mjs";
import type { SocketOptions } from "../socket.mjs";

export declare function connect(session: Session, options?: SocketOptions): ApolloClient;
export declare function reasonOf(error: Error): Reason;
