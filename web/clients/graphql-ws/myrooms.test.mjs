import { openMyRooms } from "../plain.mjs";
import { tell } from "../testing/myrooms.mjs";
import { connect } from "./client.mjs";

tell({ connect, openMyRooms });
