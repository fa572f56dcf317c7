import { openRoom } from "../plain.mjs";
import { tell } from "../testing/story.mjs";
import { connect } from "./client.mjs";

tell({ connect, openRoom });
