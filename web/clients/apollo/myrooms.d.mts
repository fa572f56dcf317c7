import type { ApolloClient } from "@apollo/client";
import type { MyRooms, MyRoomsView } from "../myrooms.mjs";

export declare function openMyRooms(client: ApolloClient, view: MyRoomsView): MyRooms;
