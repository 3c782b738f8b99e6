import type { Place, Plane } from "./plane.ts";

/** A place by its numbers: what a click chooses, to the digit. */
export function PlaceFields({ plane, which }: { readonly plane: Plane; readonly which: "point" | "end" }) {
  const [x, y] = (which === "point" ? plane.at : plane.end).value;
  const { x: across, y: up } = plane.data.value?.columns ?? { x: "x1", y: "x2" };
  const title = which === "point" ? "Point ○" : "End □";
  const field = (name: string, value: number, place: (given: number) => Place) => (
    <label>
      {title} {name}{" "}
      <input
        type="text"
        inputMode="decimal"
        size={7}
        value={String(value)}
        onChange={({ currentTarget }) => {
          if (currentTarget.value.trim() !== "") plane.setPlace(which, place(Number(currentTarget.value)));
        }}
      />
    </label>
  );
  return (
    <div class="controls">
      {field(across, x, (given) => [given, y])}
      {field(up, y, (given) => [x, given])}
    </div>
  );
}
