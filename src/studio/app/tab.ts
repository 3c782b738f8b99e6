import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChild } from "preact";
import type { TabAddress } from "./address.ts";
import type { Status } from "./status.ts";

/** What each tab is given. */
export interface TabWorld {
  readonly document: Document;
  /** Its own state in the page's address. */
  readonly address: TabAddress;
  readonly status: Status;
  /** Shows a model in Explain: what Train has trained, say. */
  readonly explain: (files: readonly File[]) => void;
  /** What Explain was last given so. */
  readonly handed: ReadonlySignal<readonly File[]>;
}

/** A tab of the page. Its view is made when it is first shown, and stays. */
export interface Tab {
  readonly id: "explain" | "train" | "plane";
  readonly title: "Explain" | "Train" | "Plane";
  /** Makes what the tab keeps, and gives its view, a component. */
  readonly make: (world: TabWorld) => () => ComponentChild;
}
