/** Place is where an element is on the page, for when it is gone. */
export type Place = { element: HTMLElement; above: readonly { parent: Element; index: number }[] };

const focusable = "a[href], button, input, textarea, [tabindex]";

/** placeOf is the place of an element. */
export function placeOf(element: HTMLElement): Place {
  const above = [];
  for (let at: Element = element; at.parentElement; at = at.parentElement) {
    above.push({ parent: at.parentElement, index: [...at.parentElement.children].indexOf(at) });
  }
  return { element, above };
}

const reachable = (element: Element) => element.isConnected && element.checkVisibility();

function first(within: Element): HTMLElement | undefined {
  const all = [within, ...within.querySelectorAll(focusable)].filter((element) => element.matches(focusable));
  return all.find(reachable) as HTMLElement | undefined;
}

// Gives the focus to what came after an element that is gone, before it, or around it.
function goNear({ above }: Place): void {
  for (const { parent, index } of above) {
    if (!reachable(parent)) continue;
    const beside = [...parent.children];
    const inOrder = [...beside.slice(index), ...beside.slice(0, index).toReversed()];
    const next = inOrder.map(first).find((found) => found !== undefined) ?? (parent.matches(focusable) ? (parent as HTMLElement) : undefined);
    if (next) return next.focus({ preventScroll: true });
  }
}

// Where the focus was last, or is to be looked for.
let last: Place | undefined;

/** comeBack gives the focus back to an element. If that is gone, what is nearest to it has it once the page has changed. */
export function comeBack(place: Place): void {
  if (reachable(place.element)) place.element.focus();
  else last = place;
}

const nowhere = () => document.activeElement === document.body || document.activeElement === null;

const came = ({ target }: FocusEvent) => {
  if (target instanceof HTMLElement) last = placeOf(target);
};

// Who leaves it for nothing, with a click beside everything, wants it so.
const left = () => {
  queueMicrotask(() => {
    if (nowhere() && last && reachable(last.element)) last = undefined;
  });
};

/**
 * keepFocus finds another place for the focus when what had it is taken off the page. Otherwise it would
 * fall to the page itself, and who uses the keyboard or a screen reader begins at the top again.
 */
export function keepFocus(): () => void {
  const observer = new MutationObserver(() => {
    if (last && nowhere() && !reachable(last.element)) goNear(last);
  });
  document.addEventListener("focusin", came);
  document.addEventListener("focusout", left);
  observer.observe(document.body, { childList: true, subtree: true });
  return () => {
    document.removeEventListener("focusin", came);
    document.removeEventListener("focusout", left);
    observer.disconnect();
  };
}
