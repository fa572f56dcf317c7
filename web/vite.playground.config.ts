import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { fontFiles } from "./vite.fonts.ts";

const here = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  root: "playground",
  // Nothing knows its own address, so the page also works behind a proxy that puts it below a path.
  base: "./",
  experimental: {
    // The page is /playground, without a slash at its end: what it names lies one folder deeper.
    renderBuiltUrl: (file, { hostType }) => (hostType === "html" ? `playground/${file}` : { relative: true }),
  },
  plugins: [react(), fontFiles()],
  resolve: {
    alias: {
      "prettier/parser-babel": here("playground/prettier.json.ts"),
      "prettier/plugins/estree": here("playground/prettier.json.ts"),
      // The same plugin under its old name.
      "prettier/parser-graphql": "prettier/plugins/graphql",
    },
  },
  worker: { format: "es" },
  build: {
    outDir: "../static/playground",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    // Its script would have to stand in the page, which the page's policy forbids.
    modulePreload: { polyfill: false },
    // The editor is one large piece, loaded after the page shows.
    chunkSizeWarningLimit: 4096,
    reportCompressedSize: false,
    rolldownOptions: {
      // "use no memo" speaks to React's compiler, which has already been there.
      onwarn: (warning, tell) => warning.code !== "MODULE_LEVEL_DIRECTIVE" && tell(warning),
    },
  },
  server: {
    proxy: { "/graphql": { target: "http://127.0.0.1:8080", ws: true } },
  },
});
