import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { resume } from "./auth/session";
import "./style/index.css";

const place = document.getElementById("chat");
if (!place) throw new Error("index.html has no #chat");
resume();
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
