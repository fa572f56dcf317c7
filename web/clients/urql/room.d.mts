import type { Client } from "@urql/core";
import type { Room, View } from "../chats.mjs";

export declare function openRoom(client: Client, room: string, view: View): Room;
