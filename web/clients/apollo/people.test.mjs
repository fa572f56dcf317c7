import { tell } from "../testing/people.mjs";
import { connect } from "./client.mjs";
import { openMyRooms } from "./myrooms.mjs";
import { openRoom } from "./room.mjs";

tell({ connect, openMyRooms, openRoom });
