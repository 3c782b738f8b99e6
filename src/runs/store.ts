/**
 * Where runs are kept. The rest of this room knows runs through it alone: a folder of a disk (`folderStore`), and what else
 * has files by name, such as the private files of a page.
 */
export interface Store {
  /** A file of this place, or the place itself, as its user knows it: a path, an address. */
  nameOf(file?: string): string;
  /** Names of the files and places in it; none if there is no such place. */
  list(): Promise<readonly string[]>;
  /**
   * The bytes of a file, or undefined if there is none.
   * @param atMost bytes that it may have
   * @throws GatewiseError if it is larger, before it is read
   */
  read(file: string, atMost?: number): Promise<Uint8Array | undefined>;
  /** Puts a file in the place of what had its name: whole or not at all, whatever ends the writer. Makes the place. */
  write(file: string, content: Uint8Array | string): Promise<void>;
  /** Adds text to the end of a file, and comes back when it is kept: what is written afterwards may count on it. */
  append(file: string, text: string): Promise<void>;
  remove(file: string): Promise<void>;
  /** A place in this one: a run of an experiment. */
  at(name: string): Store;
  /**
   * Makes the place, and keeps other writers out of it until it is given back. What this store writes meanwhile, there and
   * in places in it, is refused (`taken-over`) once another has come to hold it after all.
   * @throws GatewiseError if another holds it; the signal's reason
   */
  lock(waiting?: StoreWaiting): Promise<AsyncDisposable>;
}

/** What goes on while a place is waited for. */
export interface StoreWaiting {
  /** Ends the waiting, with its reason. */
  readonly signal?: AbortSignal;
  /** Told why it takes longer, if it does. */
  readonly onWait?: (text: string) => void;
}

/** Bytes of a text: half of what a string holds, and the lines of 3,000 epochs of 1,000 layers. */
export const LONGEST_TEXT = 2 ** 28;

/**
 * A file as text, or undefined if there is none.
 * @throws GatewiseError if it is longer than {@link LONGEST_TEXT}
 */
export async function readText(store: Store, file: string): Promise<string | undefined> {
  const bytes = await store.read(file, LONGEST_TEXT);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}
