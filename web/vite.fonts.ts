import type { Plugin } from "vite";

// GraphiQL's style sheets carry their fonts inside, in seven alphabets. As files of their own they
// are loaded when a letter asks for them, and the page needs no `data:` in its font policy.
const face = /@font-face\s*\{[^}]*\}/g;
const inlined = /url\(["']?data:font\/(\w+);base64,([^)"']+)["']?\)/g;

// The interface is in English, and the browser slants upright letters by itself. Answers of the
// server are set in Fira Code, which keeps all its alphabets.
const english = /unicode-range:\s*U\+(\?\?|0+-0*FF)/i;
const unneeded = (rule: string) =>
  /font-family:\s*"?Roboto/.test(rule) && (/font-style:\s*italic/.test(rule) || !english.test(rule));

/** fontFiles moves the fonts out of the built style sheets and drops those that are never shown. */
export function fontFiles(): Plugin {
  return {
    name: "parley:font-files",
    apply: "build",
    generateBundle(_, bundle) {
      for (const sheet of Object.values(bundle)) {
        if (sheet.type !== "asset" || !sheet.fileName.endsWith(".css")) continue;
        sheet.source = sheet.source
          .toString()
          .replace(face, (rule) => (unneeded(rule) ? "" : rule))
          .replace(inlined, (_url, format: string, base64: string) => {
            const source = Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
            const font = this.getFileName(this.emitFile({ type: "asset", name: `font.${format}`, source }));
            return `url(${font.slice(font.lastIndexOf("/") + 1)})`;
          });
      }
    },
  };
}
