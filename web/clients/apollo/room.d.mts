import type { ApolloClient } from "@apollo/client";
import type { Room, View } from "../chats.mjs";

export declare function openRoom(client: ApolloClient, room: string, view: View): Room;
