// The window's title and icon: the page in front, and the phone's label while the window is out of
// sight and there is a call (a ringing one above all).

const CALLING_ICON = "/assets/favicon-attention.svg";

/** Draws title and icon from what is known. */
export class Attention {
  readonly #app: string;
  readonly #icon: HTMLLinkElement | null;
  readonly #restingIcon: string | null;
  #page = "";
  #label = "";
  #busy = false;

  constructor(app: string) {
    this.#app = app;
    this.#icon = document.querySelector('link[rel="icon"]');
    this.#restingIcon = this.#icon?.getAttribute("href") ?? null;
  }

  /** The page in front. */
  page(title: string): void {
    this.#page = title;
    this.draw();
  }

  /** The label of the phone's item, and whether it tells of a call. */
  phone(label: string, busy: boolean): void {
    this.#label = label;
    this.#busy = busy;
    this.draw();
  }

  /** To be called when the window comes into sight or goes out of it. */
  draw(): void {
    const calls = document.hidden && this.#busy;
    const plain = `${this.#page} | ${this.#app}`;
    document.title = calls ? `${this.#label} | ${plain}` : plain;
    const href = calls ? CALLING_ICON : this.#restingIcon;
    if (this.#icon !== null && href !== null) this.#icon.href = href;
  }
}
