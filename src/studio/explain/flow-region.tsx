import { useCallback, useMemo } from "preact/hooks";
import { Region } from "../figure/region.tsx";
import { numberText, signed } from "../figure/table.tsx";
import { commandOf } from "./commands.ts";
import type { Explain } from "./explain.ts";
import { layOut } from "./network-layout.ts";
import { NetworkPicture } from "./network-picture.tsx";
import { networkSvg } from "./network-svg.ts";
import type { DrawnEdge, OpenedModel, UnitQuestion } from "./topics.ts";

/** The active sub-network with what flows between its layers. */
export function FlowRegion({ explain }: { readonly explain: Explain }) {
  const [model, flow] = [explain.model.value, explain.flow.value];
  const [palette, selected, closed] = [explain.palette.value, explain.unit.value, explain.closed.value];
  const network = useMemo(
    () => (model === undefined || flow === undefined ? undefined : layOut(model, flow)),
    [model, flow],
  );
  const isClosed = useCallback(
    ({ column, unit }: UnitQuestion): boolean => {
      const layer = model?.columns[column]?.layer;
      return layer !== undefined && closed.some((one) => one.layer === layer && one.unit === unit);
    },
    [model, closed],
  );
  if (model === undefined || flow === undefined || network === undefined) return null;
  const against = flow.against === undefined ? "" : ` less output ${flow.against}`;
  return (
    <Region
      name="Flow"
      lead={
        <>
          What reaches output {flow.output}
          {against}, {numberText(flow.value)}, is the sum over all paths through what is open: {signed(flow.fromInputs)}{" "}
          start at the input, {signed(flow.fromBiases)} at biases. Thick lines carry most. Choose a unit to see its
          paths, and to close it.
        </>
      }
      command={commandOf(explain, "flow")}
      table={() => ({
        columns: ["column", "unit", "flow"],
        rows: network.units.map(({ column, unit, flow: one }) => [model.columns[column]?.name ?? "", unit, one]),
      })}
      svg={() => networkSvg(network, model.inputShape, flow.inputFlow, palette)}
    >
      <NetworkPicture
        network={network}
        input={flow.input}
        inputFlow={flow.inputFlow}
        inputShape={model.inputShape}
        palette={palette}
        selected={selected}
        isClosed={isClosed}
        onSelect={(unit) => explain.select(unit === undefined ? undefined : { column: unit.column, unit: unit.unit })}
        label={`Active sub-network: ${network.units.length} units, ${network.edges.length} strongest edges`}
      />
      <UnitControls explain={explain} model={model} isClosed={isClosed} />
    </Region>
  );
}

interface UnitProps {
  readonly explain: Explain;
  readonly model: OpenedModel;
  readonly isClosed: (unit: UnitQuestion) => boolean;
}

/** A unit by its column and number, its paths, and a way to close it. */
function UnitControls({ explain, model, isClosed }: UnitProps) {
  const selected = explain.unit.value;
  const [closed, edges] = [explain.closed.value, explain.unitEdges.value];
  const column = selected?.column ?? Math.min(1, model.columns.length - 1);
  const words = model.columns[column];
  const layer = words?.layer;
  const select = (next: UnitQuestion): void => explain.select(next);
  return (
    <>
      <div class="controls">
        <label>
          Layer{" "}
          <select
            value={String(column)}
            onChange={({ currentTarget: { value } }) => select({ column: Number(value), unit: 0 })}
          >
            {model.columns.map(({ name }, i) => (
              <option key={name} value={String(i)}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Unit{" "}
          <input
            type="number"
            min={0}
            max={(words?.units ?? 1) - 1}
            value={selected?.unit ?? ""}
            onInput={({ currentTarget: { value } }) => {
              const unit = Number(value);
              if (value !== "" && Number.isInteger(unit) && unit >= 0 && unit < (words?.units ?? 0))
                select({ column, unit });
            }}
          />
        </label>
        {selected !== undefined && layer !== undefined && (
          <button
            type="button"
            aria-pressed={isClosed(selected)}
            onClick={() => explain.close({ layer, unit: selected.unit })}
          >
            {isClosed(selected) ? "Open this unit" : "Close this unit"}
          </button>
        )}
        {closed.length > 0 && (
          <button
            type="button"
            onClick={() => {
              explain.closed.value = [];
            }}
          >
            Open all {closed.length}
          </button>
        )}
        {selected !== undefined && (
          <button type="button" onClick={() => explain.select(undefined)}>
            Choose none
          </button>
        )}
      </div>
      {selected !== undefined && edges !== undefined && (
        <div class="pair unit-edges">
          <EdgeList title="comes in" edges={edges.incoming} end="from" model={model} />
          <EdgeList title="goes out" edges={edges.outgoing} end="to" model={model} />
        </div>
      )}
    </>
  );
}

interface EdgeListProps {
  readonly title: string;
  readonly edges: readonly DrawnEdge[];
  readonly end: "from" | "to";
  readonly model: OpenedModel;
}

function EdgeList({ title, edges, end, model }: EdgeListProps) {
  return (
    <table>
      <caption>{title}</caption>
      <tbody>
        {edges.map((edge) => (
          <tr key={`${edge[end].column} ${edge[end].unit}`}>
            <th scope="row">
              {model.columns[edge[end].column]?.name}, unit {edge[end].unit}
            </th>
            <td class={`number ${edge.flow < 0 ? "negative" : "positive"}`}>{signed(edge.flow)}</td>
          </tr>
        ))}
        {edges.length === 0 && (
          <tr>
            <td>nothing</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
