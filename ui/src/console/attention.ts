// The window's title and icon: the page in front, and the phone's label while the window is out of
// sight and the phone shows something other than its resting label (ringing, for one).

const CALLING_ICON = "/assets/favicon-attention.svg";

/** Draws title and icon from what is known. */
export class Attention {
  readonly #app: string;
  readonly #icon: HTMLLinkElement | null;
  readonly #restingIcon: string | null;
  #page = "";
  #resting = "";
  #label = "";

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

  /** The label of the phone's item, and the one it has at rest. */
  phone(label: string, resting: string): void {
    this.#label = label;
    this.#resting = resting;
    this.draw();
  }

  /** To be called when the window comes into sight or goes out of it. */
  draw(): void {
    const calls = document.hidden && this.#label !== this.#resting;
    const plain = `${this.#page} | ${this.#app}`;
    document.title = calls ? `${this.#label} | ${plain}` : plain;
    const href = calls ? CALLING_ICON : this.#restingIcon;
    if (this.#icon !== null && href !== null) this.#icon.href = href;
  }
}
