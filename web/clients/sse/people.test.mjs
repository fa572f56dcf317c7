import { openMyRooms, openRoom } from "../plain.mjs";
import { tell } from "../testing/people.mjs";
import { connect } from "./client.mjs";

tell({ connect, openMyRooms, openRoom });
