import { tell } from "../testing/story.mjs";
import { openRoom } from "./room.mjs";

tell(openRoom);
