import { useId, useMemo } from "preact/hooks";
import type { Palette } from "../figure/palette.ts";
import { Pixels } from "../figure/pixels.tsx";
import { Region } from "../figure/region.tsx";
import { signed } from "../figure/table.tsx";
import { commandOf } from "./commands.ts";
import { DrawingPad } from "./drawing-pad.tsx";
import type { Explain } from "./explain.ts";
import { FileControls } from "./file-controls.tsx";
import { byPixel, elementWords, type ImageView, type InputView, MOST_SLIDERS, viewOf } from "./input-view.ts";
import { mapSvg } from "./map-svg.ts";
import { paintMap } from "./paint-map.ts";
import { Sliders } from "./sliders.tsx";

/** The input, and what each of its elements adds to the output that is looked at. */
export function InputRegion({ explain }: { readonly explain: Explain }) {
  const id = useId();
  const model = explain.model.value;
  const input = explain.input.value;
  const flow = explain.flow.value;
  const palette = explain.palette.value;
  const view = useMemo(() => viewOf(model?.inputShape ?? []), [model]);
  if (model === undefined || input === undefined) return null;
  const map =
    flow !== undefined && view.kind === "image" && flow.inputFlow.length === input.data.length ? flow : undefined;
  // a newer input than the map's shows in its field, and in the map with what it adds
  const looked = flow?.input ?? input.data;
  return (
    <Region
      name="Input"
      class="input"
      lead={
        view.kind === "image" && view.channels === 1
          ? "Draw in the left field. The right one shows what each pixel adds to the chosen output, or takes from it."
          : "What each element adds to the chosen output, or takes from it: gradient × input."
      }
      command={commandOf(explain, "flow")}
      table={() => ({
        columns: ["element", "value", "contribution"],
        rows: Array.from(looked, (value, i) => [elementWords(view, i), value, flow?.inputFlow[i] ?? 0]),
      })}
      svg={
        view.kind === "image" && map !== undefined
          ? () => mapSvg(view, byPixel(view, map.inputFlow), palette)
          : undefined
      }
    >
      {view.kind === "image" ? (
        <div class="pair">
          <DrawingPad explain={explain} view={view} palette={palette} />
          <SignedMap view={view} input={looked} flow={map?.inputFlow} palette={palette} describedBy={id} />
        </div>
      ) : view.count <= MOST_SLIDERS ? (
        <Sliders explain={explain} input={input.data} flow={flow?.inputFlow} />
      ) : (
        <Strip view={view} input={looked} flow={flow?.inputFlow} palette={palette} describedBy={id} />
      )}
      <p class="note" id={id}>
        {flow === undefined ? "" : extremesWords(view, flow.inputFlow)}
      </p>
      <FileControls explain={explain} view={view} />
    </Region>
  );
}

/** The largest positive and negative element, in words. */
function extremesWords(view: InputView, flow: Float64Array): string {
  let [most, least] = [0, 0];
  flow.forEach((one, i) => {
    if (one > (flow[most] ?? 0)) most = i;
    if (one < (flow[least] ?? 0)) least = i;
  });
  const tell = (place: number): string => `${elementWords(view, place)} (${signed(flow[place] ?? 0)})`;
  const largest = (flow[most] ?? 0) > 0 ? tell(most) : "none";
  const smallest = (flow[least] ?? 0) < 0 ? tell(least) : "none";
  return `Largest positive element: ${largest}; largest negative element: ${smallest}.`;
}

interface MapProps {
  readonly input: Float64Array;
  readonly flow: Float64Array | undefined;
  readonly palette: Palette;
  readonly describedBy: string;
}

/** The map of contributions, with the image under it still to be seen. */
function SignedMap({ view, input, flow, palette, describedBy }: MapProps & { readonly view: ImageView }) {
  const paint = useMemo(() => {
    const sums = byPixel(view, flow ?? new Float64Array(input.length));
    const image = byPixel(view, input);
    return (pixels: Uint8ClampedArray): void => paintMap(pixels, sums, image, palette);
  }, [view, input, flow, palette]);
  return (
    <figure>
      <Pixels
        width={view.width}
        height={view.height}
        paint={paint}
        label="Contribution map"
        describedBy={describedBy}
      />
      <figcaption>
        <span class="key positive">adds</span> <span class="key negative">takes</span>
      </figcaption>
    </figure>
  );
}

function Strip({ view, input, flow, palette, describedBy }: MapProps & { readonly view: InputView }) {
  const count = view.kind === "numbers" ? view.count : 0;
  const width = Math.ceil(Math.sqrt(count * 4));
  const height = Math.ceil(count / width);
  const paint = useMemo(
    () =>
      (pixels: Uint8ClampedArray): void =>
        paintMap(pixels, flow ?? new Float64Array(count), input, palette),
    [count, input, flow, palette],
  );
  return (
    <Pixels
      width={width}
      height={height}
      paint={paint}
      label="Contribution map"
      describedBy={describedBy}
      class="wide"
    />
  );
}
