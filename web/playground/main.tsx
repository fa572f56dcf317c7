import { createRoot } from "react-dom/client";
import "./workers";
import "./style.css";
import { Playground } from "./Playground";

const place = document.getElementById("playground");
if (!place) throw new Error("index.html has no #playground");
createRoot(place).render(<Playground />);
