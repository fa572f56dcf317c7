// GraphiQL, used as a person does.

/** press presses a button. */
export const press = (page, name) => page.getByRole("button", { name: new RegExp(`^${name}`) }).click();

/** setHeaders writes the headers, which are ready when GraphiQL has remembered them, a moment after the last key. */
export async function setHeaders(page, headers) {
  const text = JSON.stringify(headers);
  await press(page, "Headers");
  await write(page, "Headers", text);
  await page.waitForFunction((typed) => {
    const { tabs, activeTabIndex } = JSON.parse(sessionStorage.getItem("graphiql:tabState"));
    return tabs[activeTabIndex].headers === typed && sessionStorage.getItem("graphiql:headers") === typed;
  }, text);
}

/**
 * compose writes an operation. It can be run when GraphiQL has taken it in, a moment after the last key:
 * until then its button runs nothing.
 */
export async function compose(page, operation) {
  await write(page, "Operation Editor", operation);
  await page.waitForFunction((typed) => {
    const { tabs, activeTabIndex } = JSON.parse(sessionStorage.getItem("graphiql:tabState"));
    return tabs[activeTabIndex].query === typed;
  }, operation);
}

// An editor is written as a person does: all of it marked, typed over, and what the editor added to
// close brackets deleted.
async function write(page, name, text) {
  await page.getByRole("region", { name }).locator(".monaco-editor").filter({ visible: true }).click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText(text);
  await page.keyboard.press("ControlOrMeta+Shift+End");
  await page.keyboard.press("Delete");
}

/** runLine puts the cursor into a line, presses Ctrl-Enter and waits for an answer with this text. */
export async function runLine(page, line, wanted) {
  await page.getByText(line).click();
  await page.keyboard.press("ControlOrMeta+Enter");
  await answered(page, wanted);
}

/** answered waits until the answer that is shown has a text. */
export const answered = (page, wanted) => page.waitForFunction(shown, wanted);

/** shows says whether it has that text now. */
export const shows = (page, wanted) => page.evaluate(shown, wanted);

// The editor writes each blank as U+00A0, and indents what it wraps.
const shown = (text) => document.querySelector(".graphiql-response").textContent.replaceAll(/\s+/g, " ").includes(text);
