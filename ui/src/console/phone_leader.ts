// Which window of this browser has the phone: the adapter's page is loaded in exactly one, however
// many consoles a user opens. The window holds a lock of the browser, so that it goes to the next
// one in the moment in which its holder closes, crashes or navigates away.

/** The part of the browser's lock manager that is used. */
export interface Locks {
  request(
    name: string,
    options: { ifAvailable?: boolean; steal?: boolean },
    held: (lock: unknown) => Promise<void> | void,
  ): Promise<unknown>;
}

interface Events {
  /** This window has the phone now, though it had to wait for it. */
  gained(): void;
  /** Another window took the phone. */
  lost(): void;
}

export class PhoneLeader {
  readonly #locks: Locks | undefined;
  readonly #name: string;
  readonly #events: Events;
  #leads = false;
  #asked: Promise<boolean> | null = null;
  /** Grows with each request, so that an older one is not heard any more. */
  #request = 0;

  /** Without locks (a page that is not secure) every window leads. */
  constructor(locks: Locks | undefined, user: string, events: Events) {
    this.#locks = locks;
    this.#name = `offhook.phone.${user}`;
    this.#events = events;
  }

  /** Whether this window has the phone; the first time it takes it where nobody else has it. */
  async leads(): Promise<boolean> {
    if (this.#locks === undefined) return true;
    this.#asked ??= this.#tryFirst(this.#locks);
    await this.#asked;
    return this.#leads;
  }

  /** Takes the phone from the window that has it. */
  takeOver(): void {
    if (this.#locks === undefined || this.#leads) return;
    void this.#hold(this.#locks, { steal: true });
  }

  #tryFirst(locks: Locks): Promise<boolean> {
    return new Promise((resolve) => {
      void locks
        .request(this.#name, { ifAvailable: true }, (lock) => {
          this.#leads = lock !== null;
          resolve(this.#leads);
          if (lock !== null) return forever();
          void this.#hold(locks, {});
          return undefined;
        })
        .catch(() => this.#stolen(locks));
    });
  }

  async #hold(locks: Locks, how: { steal?: boolean }): Promise<void> {
    const request = ++this.#request;
    try {
      await locks.request(this.#name, how, () => {
        // Of a request that waits and one that takes, the first to come counts.
        if (request !== this.#request) return undefined;
        this.#leads = true;
        this.#events.gained();
        return forever();
      });
    } catch {
      this.#stolen(locks);
    }
  }

  #stolen(locks: Locks): void {
    if (!this.#leads) return;
    this.#leads = false;
    this.#events.lost();
    void this.#hold(locks, {});
  }
}

/** A lock is held for as long as its function runs: until the window closes. */
function forever(): Promise<void> {
  return new Promise(() => undefined);
}
