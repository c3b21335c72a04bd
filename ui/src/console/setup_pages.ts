// What Setup's pages do beyond the server's HTML: Quick Find narrows the navigation, and on a small
// screen a table's rows stand as cards, each cell with the heading of its column before it.

/** Narrows the navigation around a Quick Find field to the places that its words name. */
export function findPlaces(field: HTMLInputElement): void {
  const list = field.parentElement;
  if (list === null) return;
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const group of list.querySelectorAll<HTMLElement>(".oh-setup__group")) {
    let shown = 0;
    for (const item of group.querySelectorAll<HTMLElement>("li")) {
      const name = item.textContent!.toLowerCase();
      item.hidden = !words.every((word) => name.includes(word));
      if (!item.hidden) shown += 1;
    }
    group.hidden = shown === 0;
    found += shown;
  }
  const none = list.querySelector<HTMLElement>(".oh-setup__no-place");
  if (none !== null) none.hidden = found > 0;
}

/** The link that Enter in a Quick Find field goes to: the first of those left. */
export function firstPlace(field: HTMLInputElement): HTMLAnchorElement | null {
  if (field.value.trim() === "") return null;
  return field.parentElement?.querySelector<HTMLAnchorElement>("li:not([hidden]) a") ?? null;
}

/** Writes the headings of columns into the cells below them, for screens too narrow for columns. */
export function labelCells(page: ParentNode): void {
  for (const table of page.querySelectorAll<HTMLTableElement>("table.oh-setup__table")) {
    const heads = table.tHead?.rows;
    if (heads?.length !== 1 || table.querySelector("[colspan], [rowspan]") !== null) continue;
    const labels = [...heads[0]!.cells].map((cell) => cell.textContent!.trim());
    for (const body of table.tBodies) {
      for (const row of body.rows) {
        for (const [at, cell] of [...row.cells].entries()) cell.dataset["label"] = labels[at] ?? "";
      }
    }
    table.dataset["stacks"] = "";
  }
}

/** Scrolls the navigation, which may be longer than the screen, to the place one is at. */
export function revealPlace(page: ParentNode): void {
  const nav = page.querySelector<HTMLElement>(".oh-setup__nav");
  const here = nav?.querySelector<HTMLElement>(".oh-setup__places [aria-current]");
  if (!nav || !here) return;
  const below = here.getBoundingClientRect().bottom - nav.getBoundingClientRect().bottom;
  if (below > 0) nav.scrollTop += below + nav.clientHeight / 3;
}
