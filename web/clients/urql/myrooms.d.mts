import type { Client } from "@urql/core";
import type { MyRooms, MyRoomsView } from "../myrooms.mjs";

export declare function openMyRooms(client: Client, view: MyRoomsView): MyRooms;
