import { tell } from "../testing/myrooms.mjs";
import { connect } from "./client.mjs";
import { openMyRooms } from "./myrooms.mjs";

tell({ connect, openMyRooms });
