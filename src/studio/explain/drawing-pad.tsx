import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { mixed, type Palette } from "../figure/palette.ts";
import type { Explain } from "./explain.ts";
import type { ImageView } from "./input-view.ts";

/** Radius of the pen, in pixels of a digit; of larger images in proportion. */
const PEN = 1.15;
const SIDE = 28;

interface PadProps {
  readonly explain: Explain;
  readonly view: ImageView;
  readonly palette: Palette;
}

/** The input as an image; of one channel it is drawn on, by pointer, or by arrow keys and space. */
export function DrawingPad({ explain, view, palette }: PadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pen = useRef({ row: Math.floor(view.height / 2), column: Math.floor(view.width / 2), down: false });
  const input = explain.input.value?.data;
  const isDrawn = view.channels === 1;
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || input === undefined) return;
    const image = context.createImageData(view.width, view.height);
    paintImage(image.data, view, input, palette);
    context.putImageData(image, 0, 0);
  }, [input, view, palette]);
  const stroke = useMemo(() => strokeOn(explain, view), [explain, view]);
  const at = (event: PointerEvent): readonly [number, number] => {
    const { left, top, width, height } = canvas.current?.getBoundingClientRect() ?? new DOMRect();
    return [((event.clientX - left) / width) * view.width, ((event.clientY - top) / height) * view.height];
  };
  const onDown = (event: PointerEvent): void => {
    if (!isDrawn || event.button !== 0) return;
    canvas.current?.setPointerCapture(event.pointerId);
    pen.current.down = true;
    stroke(at(event), at(event), event.shiftKey);
    [pen.current.column, pen.current.row] = at(event);
  };
  const onMove = (event: PointerEvent): void => {
    if (!pen.current.down) return;
    const to = at(event);
    stroke([pen.current.column, pen.current.row], to, event.shiftKey);
    [pen.current.column, pen.current.row] = to;
  };
  const onUp = (): void => {
    pen.current.down = false;
  };
  const onKey = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      " ": [0, 0],
    };
    const move = moves[event.key];
    if (move === undefined || !isDrawn) return;
    event.preventDefault();
    const from: readonly [number, number] = [pen.current.column, pen.current.row];
    const to: readonly [number, number] = [
      Math.min(view.width - 1, Math.max(0, from[0] + move[0])),
      Math.min(view.height - 1, Math.max(0, from[1] + move[1])),
    ];
    // a space draws where the pen is; with an arrow and shift it draws on its way
    if (event.key === " " || event.shiftKey) stroke(from, to, event.altKey);
    [pen.current.column, pen.current.row] = to;
  };
  return (
    <figure>
      <canvas
        ref={canvas}
        class={`pixels pad ${isDrawn ? "drawn" : ""}`}
        width={view.width}
        height={view.height}
        role="img"
        aria-label={
          isDrawn
            ? "Input: draw here; by keyboard, arrows move the pen, space draws, Shift with an arrow draws a line"
            : "Input"
        }
        tabIndex={isDrawn ? 0 : -1}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={onUp}
        onKeyDown={onKey}
      />
      <figcaption>
        {isDrawn ? (
          <button type="button" onClick={() => explain.setInput(new Float64Array(input?.length ?? 0))}>
            Clear
          </button>
        ) : (
          "the input"
        )}
      </figcaption>
    </figure>
  );
}

/** Draws a line of ink with soft edges; with shift it takes ink away. */
const strokeOn =
  (explain: Explain, view: ImageView) =>
  (from: readonly [number, number], to: readonly [number, number], takes: boolean): void => {
    const before = explain.input.peek()?.data;
    if (before === undefined) return;
    const { height, width, place } = view;
    const radius = PEN * (Math.max(height, width) / SIDE);
    const data = before.slice();
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = dx * dx + dy * dy;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [x, y] = [column + 0.5 - from[0], row + 0.5 - from[1]];
        const along = length === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / length));
        const distance = Math.hypot(x - along * dx, y - along * dy);
        const ink = Math.min(1, Math.max(0, (radius + 0.5 - distance) / 1.2));
        if (ink === 0) continue;
        const at = place(0, row, column);
        // as float32 has it, so that the saved file holds the same
        data[at] = Math.fround(takes ? Math.min(data[at] ?? 0, 1 - ink) : Math.max(data[at] ?? 0, ink));
      }
    }
    explain.setInput(data);
  };

function paintImage(pixels: Uint8ClampedArray, view: ImageView, input: Float64Array, { panel, ink }: Palette): void {
  const { height, width, channels, place } = view;
  const [low, high] = input.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [0, 0]);
  const share = (value: number): number => (high > low ? (value - low) / (high - low) : 0);
  for (let i = 0; i < height * width; i++) {
    const at = (channel: number): number => share(input[place(channel, Math.floor(i / width), i % width)] ?? 0);
    const color = channels === 3 ? [255 * at(0), 255 * at(1), 255 * at(2)] : mixed(panel, ink, at(0));
    pixels.set([...color, 255], 4 * i);
  }
}
