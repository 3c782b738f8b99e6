import { useState } from "preact/hooks";

type Cell = string | number;

/** What a picture shows, in numbers: what its CSV file holds. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Rows that a page shows at most; the file has them all. */
const SHOWN = 200;

/** The table behind a picture, made when it is opened. */
export function TableTwin({ table, name }: { readonly table: () => Table; readonly name: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="twin" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Table</summary>
      {open && <Rows table={table()} name={name} />}
    </details>
  );
}

function Rows({ table: { columns, rows }, name }: { readonly table: Table; readonly name: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
    <div class="scroll" tabIndex={0}>
      <table aria-label={`${name}, table`}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} class={typeof cell === "number" ? "number" : ""}>
                  {typeof cell === "number" ? numberText(cell) : cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN && (
        <p class="note">
          The first {SHOWN} of {rows.length} rows; the CSV file has them all.
        </p>
      )}
    </div>
  );
}

/** Three significant digits at least, never more than a reader takes in. */
export const numberText = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e15
    ? String(value)
    : Math.abs(value) >= 1e5 || Math.abs(value) < 1e-4
      ? value.toExponential(3)
      : value.toPrecision(4);

/** With its sign, also above 0: what is added or taken. */
export const signed = (value: number): string => (value < 0 ? `−${numberText(-value)}` : `+${numberText(value)}`);

/** RFC 4180: quoted where a cell has commas, quotes or lines; every digit. */
export const csvOf = ({ columns, rows }: Table): string =>
  [columns, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");

const csvCell = (cell: Cell): string => {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
