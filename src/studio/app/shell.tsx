import { type Signal, signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useMemo } from "preact/hooks";
import type { Address } from "./address.ts";
import { carried } from "./page.ts";
import { Status } from "./status.ts";
import { StatusLine } from "./status-line.tsx";
import type { Tab, TabWorld } from "./tab.ts";
import { TabList } from "./tab-list.tsx";

interface ShellProps {
  readonly tabs: readonly Tab[];
  readonly address: Address;
  readonly document: Document;
  /** What leads through the page, if anything does. */
  readonly children: (show: (tab: Tab["id"]) => void) => ComponentChild;
}

/** The page around its tabs: which one is shown, and what it is at. */
export function Shell({ tabs, address, document, children }: ShellProps) {
  const studio = useMemo(() => openStudio({ tabs, address, document }), [tabs, address, document]);
  const { shown, worldOf } = studio;
  return (
    <>
      <header class="bar">
        <h1>
          Gatewise <span>studio</span>
        </h1>
        <TabList tabs={tabs} shown={shown} onShow={studio.show} />
        <StatusLine key={shown.value} status={worldOf(shown.value).status} />
      </header>
      <main>
        {tabs.map(({ id }) => (
          <div
            key={id}
            class="panel"
            role="tabpanel"
            id={`panel-${id}`}
            aria-labelledby={`tab-${id}`}
            hidden={shown.value !== id}
          >
            <Kept view={studio.views.get(id)} shown={shown.value === id} />
          </div>
        ))}
      </main>
      <Colophon document={document} />
      {children(studio.show)}
    </>
  );
}

/** A view from its first showing on. */
function Kept({
  view,
  shown,
}: {
  readonly view: Signal<(() => ComponentChild) | undefined> | undefined;
  readonly shown: boolean;
}) {
  const View = view?.value;
  return View === undefined || (!shown && view === undefined) ? null : <View />;
}

function openStudio({ tabs, address, document }: Omit<ShellProps, "children">) {
  const wanted = address.tab;
  const shown = signal<Tab["id"]>(tabs.find(({ id }) => id === wanted)?.id ?? "explain");
  const handed = signal<readonly File[]>([]);
  const worlds = new Map<Tab["id"], TabWorld>();
  const views = new Map(tabs.map(({ id }) => [id, signal<(() => ComponentChild) | undefined>(undefined)]));
  const worldOf = (id: Tab["id"]): TabWorld => {
    const known = worlds.get(id);
    if (known !== undefined) return known;
    const explain = (files: readonly File[]): void => {
      handed.value = files;
      show("explain");
    };
    const world: TabWorld = { document, address: address.of(id), status: new Status(), explain, handed };
    worlds.set(id, world);
    return world;
  };
  const show = (id: Tab["id"]): void => {
    const view = views.get(id);
    const tab = tabs.find((one) => one.id === id);
    if (view !== undefined && view.value === undefined && tab !== undefined) view.value = tab.make(worldOf(id));
    shown.value = id;
    address.show(id);
  };
  show(shown.value);
  return { shown, show, views, worldOf };
}

function Colophon({ document }: { readonly document: Document }) {
  return (
    <footer class="colophon">
      <p>
        Everything is computed in this page; nothing leaves it. Formulas:{" "}
        <a href="https://arxiv.org/abs/2006.10529">Lakshminarayanan and Singh, NeurIPS 2020</a>.
      </p>
      <p>
        <a href="?story">A story in seven steps</a>: gates, paths and kernels for who has never heard of them.
      </p>
      <details>
        <summary>Licenses of what is inside</summary>
        {/* a region that scrolls is reached by the keyboard */}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text without links has no other way to be scrolled */}
        <pre tabIndex={0}>{carried(document, "licenses")}</pre>
      </details>
    </footer>
  );
}
