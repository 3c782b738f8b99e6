import type { ComponentChild, ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { save } from "./save.ts";
import { csvOf, type Table, TableTwin } from "./table.tsx";

export interface RegionProps {
  /** Its heading and accessible name: "Logits". */
  readonly name: string;
  /** One or two sentences: what is to be seen here. */
  readonly lead?: ComponentChild;
  /** The command that computes the same. */
  readonly command?: string | undefined;
  /** The numbers of the picture; shown when asked for, and saved as CSV. */
  readonly table?: (() => Table) | undefined;
  /** The picture as an SVG file. */
  readonly svg?: (() => string) | undefined;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A view of the page: a heading, words, the picture, and below it its numbers, its files and its command. */
export function Region({ name, lead, command, table, svg, class: more = "", children }: RegionProps) {
  const id = useId();
  const file = name.toLowerCase();
  return (
    <section class={`region ${more}`} aria-labelledby={id} data-region={name}>
      <h2 id={id}>{name}</h2>
      {lead !== undefined && <p class="region-lead">{lead}</p>}
      {children}
      <div class="twins">
        {table !== undefined && <TableTwin table={table} name={name} />}
        {command !== undefined && (
          <details class="command">
            <summary>Command</summary>
            <code>{command}</code>
          </details>
        )}
        {table !== undefined && (
          <button type="button" class="plain" onClick={() => save(`${file}.csv`, "text/csv", csvOf(table()))}>
            CSV<span class="hidden-words"> of {name}</span>
          </button>
        )}
        {svg !== undefined && (
          <button type="button" class="plain" onClick={() => save(`${file}.svg`, "image/svg+xml", svg())}>
            SVG<span class="hidden-words"> of {name}</span>
          </button>
        )}
      </div>
    </section>
  );
}
