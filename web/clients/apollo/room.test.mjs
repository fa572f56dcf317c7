import { tell } from "../testing/story.mjs";
import { connect } from "./client.mjs";
import { openRoom } from "./room.mjs";

tell({ connect, openRoom });
