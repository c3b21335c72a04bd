// Forms whose parts are put in order (page layouts, columns of list views): their buttons work
// without this program, by sending the form. With it, parts move at once, by button or by
// dragging, and a step can be undone. The order of the elements is the order that is sent.

const ITEM = "[data-arrange] [data-list] > li";

interface Step {
  readonly list: Element;
  readonly item: Element;
  readonly next: Element | null;
}

/** Steps that can be undone, of each form that is open. */
const steps = new WeakMap<Element, Step[]>();
const STEPS_MAX = 100;

/** Listens to such forms in the document, whichever pages it shows. */
export function listenToArrangements(document: Document): void {
  let dragged: HTMLElement | null = null;
  let from: Omit<Step, "item"> | null = null;
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const form = button?.closest("[data-arrange]");
    if (!button || !form) return;
    if (button.hasAttribute("data-undo")) return undo(form);
    const move = button.dataset["move"];
    const item = button.closest<HTMLElement>(ITEM);
    if (item === null || (move !== "up" && move !== "down")) return;
    event.preventDefault();
    const before = placeOf(item);
    if (before !== null && moveByOne(item, move === "up")) moved(form, item, before);
    button.focus();
  });
  document.addEventListener("dragstart", (event) => {
    const target = event.target instanceof HTMLElement ? event.target : null;
    const item = target?.matches(ITEM) ? target : null;
    if (item === null) return;
    dragged = item;
    from = placeOf(item);
    item.classList.add("oh-arrange__item_moving");
    event.dataTransfer?.setData("text/plain", item.dataset["label"] ?? "");
  });
  document.addEventListener("dragover", (event) => {
    const list = dragged === null ? null : listUnder(event.target, dragged);
    if (dragged === null || list === null) return;
    event.preventDefault();
    const over = event.target instanceof Element ? event.target.closest("li") : null;
    if (over === dragged) return;
    if (over?.parentElement !== list) return list.append(dragged);
    const box = over.getBoundingClientRect();
    const isBehind = event.clientY > box.top + box.height / 2;
    list.insertBefore(dragged, isBehind ? over.nextElementSibling : over);
  });
  document.addEventListener("drop", (event) => {
    if (dragged !== null) event.preventDefault();
  });
  document.addEventListener("dragend", () => {
    dragged?.classList.remove("oh-arrange__item_moving");
    const form = dragged?.closest("[data-arrange]");
    const place = dragged ? placeOf(dragged) : null;
    const stayed = place?.list === from?.list && place?.next === from?.next;
    if (dragged && form && from && !stayed) moved(form, dragged, from);
    dragged = from = null;
  });
}

/** The list at this place that takes the same kind of part. */
function listUnder(target: EventTarget | null, item: HTMLElement): Element | null {
  const list = target instanceof Element ? target.closest<HTMLElement>("[data-list]") : null;
  const own = item.closest<HTMLElement>("[data-list]");
  const same = list?.closest("[data-arrange]") === own?.closest("[data-arrange]");
  return same && list?.dataset["list"] === own?.dataset["list"] ? list : null;
}

function placeOf(item: Element): Omit<Step, "item"> | null {
  const list = item.parentElement;
  return list === null ? null : { list, next: item.nextElementSibling };
}

/** At the end of its list a part goes into the next list of the form. */
function moveByOne(item: HTMLElement, up: boolean): boolean {
  const other = up ? item.previousElementSibling : item.nextElementSibling;
  if (other !== null) {
    if (up) other.before(item);
    else other.after(item);
    return true;
  }
  const own = item.parentElement as HTMLElement;
  const form = own.closest("[data-arrange]");
  const kind = own.dataset["list"] ?? "";
  const lists = [...(form?.querySelectorAll<HTMLElement>(`[data-list="${kind}"]`) ?? [])];
  const next = lists[lists.indexOf(own) + (up ? -1 : 1)];
  if (next === undefined) return false;
  if (up) next.append(item);
  else next.prepend(item);
  return true;
}

function moved(form: Element, item: HTMLElement, before: Omit<Step, "item">): void {
  const known = steps.get(form) ?? [];
  steps.set(form, [...known.slice(1 - STEPS_MAX), { item, ...before }]);
  settle(form, item);
}

function undo(form: Element): void {
  const known = steps.get(form) ?? [];
  const last = known.at(-1);
  if (last === undefined) return;
  steps.set(form, known.slice(0, -1));
  last.list.insertBefore(last.item, last.next);
  settle(form, last.item as HTMLElement);
}

/** Says where the part is now, and that the form holds something that is not saved. */
function settle(form: Element, item: HTMLElement): void {
  const button = form.querySelector<HTMLElement>("[data-undo]");
  if (button) button.hidden = (steps.get(form) ?? []).length === 0;
  const list = item.parentElement as HTMLElement;
  const place = [...list.children].indexOf(item) + 1;
  const said = form.querySelector("[data-said]");
  const where = `${place} of ${list.children.length} in ${list.dataset["place"] ?? ""}`;
  if (said) said.textContent = `${item.dataset["label"] ?? ""}: ${where}`;
  item.querySelector("input")?.dispatchEvent(new Event("input", { bubbles: true }));
}
