import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  root: "chat",
  // Pages lie at several depths, /room/general for one, and all of them load the same files.
  base: "/",
  plugins: [react()],
  // The typed documents ask for this tag. urql has the same, and its reader is in the page anyway.
  resolve: { alias: { "graphql-tag": new URL("chat/src/api/tag.ts", import.meta.url).pathname } },
  build: {
    outDir: "../static/chat",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    // Its script would have to stand in the page, which the page's policy forbids.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: { "/graphql": { target: "http://127.0.0.1:8080", ws: true } },
  },
});
