import { type ReadonlySignal, signal } from "@preact/signals";

/** The page's state in its address, behind `#`: `#tab=train&width=64`. A link or a reload shows the same again. */
export class Address {
  private readonly all = signal<ReadonlyMap<string, string>>(new Map());

  constructor(private readonly window: Window) {
    const read = (): void => {
      this.all.value = new Map(new URLSearchParams(window.location.hash.slice(1)));
    };
    read();
    window.addEventListener("hashchange", read);
  }

  /** All of it; changes when the user goes to another address, too. */
  get state(): ReadonlySignal<ReadonlyMap<string, string>> {
    return this.all;
  }

  get(key: string): string | undefined {
    return this.all.value.get(key);
  }

  /** Sets some keys; what is undefined leaves the address. The way back stays the page before: states are no pages. */
  set(changes: Readonly<Record<string, string | undefined>>): void {
    const next = new Map(this.all.peek());
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined) next.delete(key);
      else next.set(key, value);
    }
    this.all.value = next;
    const hash = new URLSearchParams([...next]).toString();
    const { pathname, search } = this.window.location;
    this.window.history.replaceState(null, "", hash === "" ? pathname + search : `#${hash}`);
  }
}
