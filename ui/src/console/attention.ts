// The window's title and icon: the page in front, and the phone's label while the window is out of
// sight and there is a call (a ringing one above all).

const CALLING_ICON = "/assets/favicon-attention.svg";

/** Titles in the queue. */
const QUEUE_MAX = 20;
const QUEUE_TURN_MS = 2_000;

/** Draws title and icon from what is known. */
export class Attention {
  readonly #app: string;
  readonly #icon: HTMLLinkElement | null;
  readonly #restingIcon: string | null;
  #page = "";
  #label = "";
  #busy = false;
  /** Titles that softphones put in the queue; they alternate with the page's. */
  #queue: string[] = [];
  #turn = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

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

  /** Puts a title into the queue; the oldest goes when it is full. */
  addTitle(title: string): void {
    this.#queue = [...this.#queue.filter((other) => other !== title), title].slice(-QUEUE_MAX);
    this.#timer ??= setInterval(() => {
      this.#turn += 1;
      this.draw();
    }, QUEUE_TURN_MS);
    this.draw();
  }

  /** Takes a title out of the queue; whether it was there. */
  removeTitle(title: string): boolean {
    const before = this.#queue.length;
    this.#queue = this.#queue.filter((other) => other !== title);
    if (this.#queue.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    this.draw();
    return this.#queue.length < before;
  }

  /** To be called when the window comes into sight or goes out of it. */
  draw(): void {
    const calls = document.hidden && this.#busy;
    const plain = `${this.#page} | ${this.#app}`;
    const queued = [...this.#queue, plain][this.#turn % (this.#queue.length + 1)]!;
    document.title = calls ? `${this.#label} | ${plain}` : queued;
    const href = calls ? CALLING_ICON : this.#restingIcon;
    if (this.#icon !== null && href !== null) this.#icon.href = href;
  }
}
