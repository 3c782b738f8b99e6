import type { ComponentChildren } from "preact";
import type { Plane, Tool } from "./plane.ts";
import { percent, WATCH } from "./words.ts";

/** What the picture shows and what a click does: beside it. */
export function Legend({ plane }: { readonly plane: Plane }) {
  return (
    <div class="legend">
      <Numbers plane={plane} />
      <Group name="Color">
        <Option
          name="plane-color"
          is={plane.coloring.value === "output"}
          onChoose={() => (plane.coloring.value = "output")}
        >
          output: the class, the stronger the surer
        </Option>
        <Option
          name="plane-color"
          is={plane.coloring.value === "regions"}
          onChoose={() => (plane.coloring.value = "regions")}
        >
          regions: each its own color
        </Option>
      </Group>
      <Layers plane={plane} />
      <Tools plane={plane} />
      <p class="watch">{WATCH[regimeOf(plane)]}</p>
      {plane.settings.value.biases === "zero" && (
        <p class="watch">
          Biases begin at zero: every line of the first layer passes through the origin. Where gates stay random, it
          does so for ever; that is why they begin at random here unless you choose otherwise.
        </p>
      )}
    </div>
  );
}

function regimeOf(plane: Plane): keyof typeof WATCH {
  const { regime } = plane.settings.value;
  return isRegime(regime) ? regime : "relu";
}

const isRegime = (word: string): word is keyof typeof WATCH => word in WATCH;

function Numbers({ plane }: { readonly plane: Plane }) {
  const [regions, course] = [plane.regions.value, plane.course.value];
  const moment = course?.moments[plane.moment.value];
  if (regions === undefined || moment === undefined) {
    return <p class="watch">Add at least two points of each of two classes: the network begins by itself.</p>;
  }
  return (
    <dl class="numbers">
      <div>
        <dt>regions</dt>
        <dd>{(regions.from.length - 1).toLocaleString("en")}</dd>
      </div>
      <div>
        <dt>test points right</dt>
        <dd>{moment.testAccuracy === undefined ? "–" : percent(moment.testAccuracy)}</dd>
      </div>
      <div>
        <dt>training loss</dt>
        <dd>{moment.trainLoss === undefined ? "–" : moment.trainLoss.toFixed(3)}</dd>
      </div>
    </dl>
  );
}

function Layers({ plane }: { readonly plane: Plane }) {
  const layers = plane.regions.value?.layers ?? [];
  const hidden = plane.hidden.value;
  const show = (layer: number, isShown: boolean): void => {
    const next = new Set(hidden);
    if (isShown) next.delete(layer);
    else next.add(layer);
    plane.hidden.value = next;
  };
  if (layers.length === 0) return null;
  return (
    <Group name="Lines, where gates flip">
      {layers.map(({ name, units }, layer) => (
        <label key={name}>
          <input
            type="checkbox"
            checked={!hidden.has(layer)}
            onChange={({ currentTarget }) => show(layer, currentTarget.checked)}
          />{" "}
          <span class={`swatch of-layer-${layer}`} aria-hidden="true" /> layer {layer + 1}, {units} gate
          {units === 1 ? "" : "s"}
        </label>
      ))}
    </Group>
  );
}

/** Classes that points can be added of; one more than there are, up to six. */
const MOST_CLASSES = 6;

function Tools({ plane }: { readonly plane: Plane }) {
  const isOwn = plane.settings.value.data === "own";
  const classes = plane.data.value?.names.length ?? 2;
  const used = isOwn ? plane.own.value.reduce((most, { label }) => Math.max(most, label + 1), 0) : classes;
  const shown = Math.min(MOST_CLASSES, Math.max(2, used) + 1);
  const tool = (value: Tool, words: ComponentChildren) => (
    <Option name="plane-tool" is={plane.tool.value === value} onChoose={() => (plane.tool.value = value)}>
      {words}
    </Option>
  );
  return (
    <Group name="A click, or Enter">
      {tool("point", "chooses the point ○")}
      {tool("end", "moves the segment's end □")}
      {plane.settings.value.data !== "file" && (
        <>
          <span class="row">
            adds a point of class{" "}
            {Array.from({ length: shown }, (_, label) => (
              <span key={label}>
                {tool(
                  label,
                  <>
                    <span class={`swatch of-class-${label}`} aria-hidden="true" /> {label}
                  </>,
                )}
              </span>
            ))}
          </span>
          {tool("take", "takes a point away")}
          <button type="button" class="plain" onClick={() => plane.clearPoints()}>
            Clear all points
          </button>
        </>
      )}
    </Group>
  );
}

function Group({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <fieldset>
      <legend>{name}</legend>
      {children}
    </fieldset>
  );
}

interface OptionProps {
  /** The same of all that it is one of: arrow keys go between them. */
  readonly name: string;
  readonly is: boolean;
  readonly onChoose: () => void;
  readonly children: ComponentChildren;
}

/** One of several, of which one holds. */
function Option({ name, is, onChoose, children }: OptionProps) {
  return (
    <label>
      <input type="radio" name={name} checked={is} onChange={onChoose} /> {children}
    </label>
  );
}
