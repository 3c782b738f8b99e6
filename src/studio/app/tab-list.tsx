import type { ReadonlySignal } from "@preact/signals";
import type { Tab } from "./tab.ts";

interface TabListProps {
  readonly tabs: readonly Tab[];
  readonly shown: ReadonlySignal<Tab["id"]>;
  readonly onShow: (id: Tab["id"]) => void;
}

/** The tabs, by mouse and by keyboard: arrows, Home and End move between them (WAI-ARIA's pattern for tabs). */
export function TabList({ tabs, shown, onShow }: TabListProps) {
  const show = (place: number): void => {
    const tab = tabs[(place + tabs.length) % tabs.length];
    if (tab === undefined) return;
    onShow(tab.id);
    document.getElementById(`tab-${tab.id}`)?.focus();
  };
  const onKey = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(({ id }) => id === shown.value);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views" onKeyDown={onKey}>
      {tabs.map(({ id, title }) => (
        <button
          key={id}
          type="button"
          role="tab"
          id={`tab-${id}`}
          aria-selected={shown.value === id}
          aria-controls={`panel-${id}`}
          tabIndex={shown.value === id ? 0 : -1}
          onClick={() => onShow(id)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
