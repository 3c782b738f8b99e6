import { computed, type ReadonlySignal, signal } from "@preact/signals";

/** The state of one tab in the page's address. */
export interface TabAddress {
  /** All of it; changes when the user goes to another address, too. */
  readonly state: ReadonlySignal<ReadonlyMap<string, string>>;
  get(key: string): string | undefined;
  /** Sets some keys; what is undefined leaves the address. The way back stays the page before: states are no pages. */
  set(changes: Readonly<Record<string, string | undefined>>): void;
}

/**
 * The page's state in its address, behind `#`: the tab that is shown, its keys as they are, those of the others behind their
 * names: `#tab=train&width=64&plane.width=8`. A link or a reload shows the same again.
 */
export class Address {
  /** By full name: `train.width`. */
  private readonly all = signal<ReadonlyMap<string, string>>(new Map());
  private readonly shown = signal("");

  /** @param first the tab that an address without one is of */
  constructor(
    private readonly window: Window,
    private readonly first = "explain",
  ) {
    const read = (): void => {
      const { tab = first, ...state } = Object.fromEntries(new URLSearchParams(window.location.hash.slice(1)));
      this.shown.value = tab;
      this.all.value = new Map(
        Object.entries(state).map(([key, value]) => [key.includes(".") ? key : `${tab}.${key}`, value]),
      );
    };
    read();
    window.addEventListener("hashchange", read);
  }

  /** The tab that is shown. */
  get tab(): string {
    return this.shown.value;
  }

  show(tab: string): void {
    this.shown.value = tab;
    this.write();
  }

  of(tab: string): TabAddress {
    const prefix = `${tab}.`;
    return {
      state: computed(() => {
        const own = [...this.all.value].filter(([key]) => key.startsWith(prefix));
        return new Map(own.map(([key, value]) => [key.slice(prefix.length), value]));
      }),
      get: (key) => this.all.value.get(prefix + key),
      set: (changes) => {
        const next = new Map(this.all.peek());
        for (const [key, value] of Object.entries(changes)) {
          if (value === undefined) next.delete(prefix + key);
          else next.set(prefix + key, value);
        }
        this.all.value = next;
        this.write();
      },
    };
  }

  private write(): void {
    const tab = this.shown.peek();
    const keys = [...this.all.peek()].map(([key, value]) => [
      key.startsWith(`${tab}.`) ? key.slice(tab.length + 1) : key,
      value,
    ]);
    const hash = new URLSearchParams([...(tab === this.first ? [] : [["tab", tab]]), ...keys]).toString();
    const { pathname, search } = this.window.location;
    this.window.history.replaceState(null, "", hash === "" ? pathname + search : `#${hash}`);
  }
}
