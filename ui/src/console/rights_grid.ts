// A table of rights, beyond the server's HTML: a right that is given brings what it needs, one that
// is taken takes what needs it; a column is set at once, rows are searched, changes are counted.

/** Sets up what a table of rights can do here; called whenever a page was put in. */
export function prepareGrids(page: ParentNode): void {
  for (const grid of page.querySelectorAll<HTMLFormElement>("form[data-grid]")) {
    for (const tool of grid.querySelectorAll<HTMLElement>("[data-grid-tools]")) tool.hidden = false;
    settle(grid);
  }
}

/** Is it the field that searches a table of rights? What is typed there is nothing to be saved. */
export function isGridSearch(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.dataset["gridSearch"] !== undefined;
}

/** Takes a change or an input within a table of rights; `false` when it was none. */
export function gridChanged(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLInputElement)) return false;
  const grid = target.closest<HTMLFormElement>("form[data-grid]");
  if (grid === null) return false;
  if (isGridSearch(target)) search(grid, target.value);
  else if (target.dataset["gridAll"] !== undefined) setColumn(grid, target);
  else follow(grid, target);
  settle(grid);
  return true;
}

function boxes(grid: HTMLFormElement): HTMLInputElement[] {
  return [...grid.querySelectorAll<HTMLInputElement>("input[type=checkbox][name]")];
}

function needs(box: HTMLInputElement): string[] {
  return (box.dataset["needs"] ?? "").split(" ").filter(Boolean);
}

/** What hangs together with the box takes its state over. */
function follow(grid: HTMLFormElement, box: HTMLInputElement): void {
  const byName = new Map(boxes(grid).map((other) => [other.name, other]));
  if (box.checked) {
    for (const name of needs(box)) {
      const needed = byName.get(name);
      if (needed && !needed.checked) {
        needed.checked = true;
        follow(grid, needed);
      }
    }
    return;
  }
  for (const other of byName.values()) {
    if (other.checked && needs(other).includes(box.name)) {
      other.checked = false;
      follow(grid, other);
    }
  }
}

function setColumn(grid: HTMLFormElement, all: HTMLInputElement): void {
  for (const row of grid.querySelectorAll<HTMLElement>("tr[data-grid-row]:not([hidden])")) {
    const cell = row.children[Number(all.dataset["gridAll"])];
    const box = cell?.querySelector<HTMLInputElement>("input[type=checkbox]");
    if (!box || box.disabled || box.checked === all.checked) continue;
    box.checked = all.checked;
    follow(grid, box);
  }
}

function search(grid: HTMLFormElement, text: string): void {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of grid.querySelectorAll<HTMLElement>("tr[data-grid-row]")) {
    const name = row.dataset["gridRow"] ?? "";
    row.hidden = !words.every((word) => name.includes(word));
  }
}

/** Marks what was changed, counts it, and shows for each column whether all of it is given. */
function settle(grid: HTMLFormElement): void {
  let count = 0;
  for (const box of boxes(grid)) {
    const changed = box.checked !== box.defaultChecked;
    box.closest("td, label")?.classList.toggle("oh-grid__changed", changed);
    if (changed) count += 1;
  }
  const said = grid.querySelector<HTMLElement>("[data-grid-count]");
  if (said !== null) {
    const many = count === 1 ? "1 change is" : `${count} changes are`;
    said.textContent = count === 0 ? "" : `${many} not saved`;
  }
  for (const all of grid.querySelectorAll<HTMLInputElement>("input[data-grid-all]")) {
    const rows = grid.querySelectorAll<HTMLElement>("tr[data-grid-row]:not([hidden])");
    const at = Number(all.dataset["gridAll"]);
    const box = "input[type=checkbox]";
    const column = [...rows].map((row) => row.children[at]?.querySelector<HTMLInputElement>(box));
    const shown = column.filter((box) => box !== null && box !== undefined);
    const given = shown.filter((box) => box.checked).length;
    all.checked = given > 0 && given === shown.length;
    all.indeterminate = given > 0 && given < shown.length;
  }
}
