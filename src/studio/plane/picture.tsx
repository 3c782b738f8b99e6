import { effect, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { paintPlane } from "./paint.ts";
import type { Place, Plane } from "./plane.ts";
import { sceneOf } from "./scene.ts";
import { placeWords } from "./words.ts";

/** What a key moves the cursor by, as a share of the window; with Shift. */
const [STEP, LONG_STEP] = [0.01, 0.08];

/** The plane: painted at most once a frame, whatever comes; by pointer, or by arrow keys and Enter. */
export function Picture({ plane }: { readonly plane: Plane }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const cursor = useSignal<Place | undefined>(undefined);
  useEffect(() => keepPainted(canvas.current, plane, () => cursor.value), [plane]);
  const placeOf = (event: PointerEvent): Place => {
    const { left, top, width, height } = canvas.current?.getBoundingClientRect() ?? new DOMRect();
    return inWindow(plane, (event.clientX - left) / width, 1 - (event.clientY - top) / height);
  };
  const onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    cursor.value = undefined;
    plane.act(placeOf(event));
    // points are set one by one, the chosen place follows
    if (isDragged(plane)) canvas.current?.setPointerCapture(event.pointerId);
  };
  const onMove = (event: PointerEvent): void => {
    if (canvas.current?.hasPointerCapture(event.pointerId)) plane.act(placeOf(event));
  };
  const onKey = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    };
    const move = moves[event.key];
    const isAct = event.key === "Enter" || event.key === " ";
    if (move === undefined && !isAct) return;
    event.preventDefault();
    const { left, bottom, width, height } = plane.window.value;
    const [x, y] = cursor.value ?? plane.at.value;
    const step = event.shiftKey ? LONG_STEP : STEP;
    const [right, up] = [(x - left) / width + (move?.[0] ?? 0) * step, (y - bottom) / height + (move?.[1] ?? 0) * step];
    cursor.value = inWindow(plane, right, up);
    if (isAct) plane.act(cursor.value);
  };
  return (
    <figure class="plane-picture">
      <canvas
        ref={canvas}
        role="img"
        aria-label="The plane: arrow keys move a cursor, with Shift further; Enter does what a click does"
        aria-describedby="plane-place"
        tabIndex={0}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onKeyDown={onKey}
        onBlur={() => {
          cursor.value = undefined;
        }}
      />
      <figcaption id="plane-place" class="note" aria-live="polite">
        {placeWords(plane, cursor.value ?? plane.at.value)}
      </figcaption>
    </figure>
  );
}

const isDragged = (plane: Plane): boolean => plane.tool.value === "point" || plane.tool.value === "end";

function inWindow(plane: Plane, right: number, up: number): Place {
  const { left, bottom, width, height } = plane.window.value;
  const within = (share: number): number => Math.min(1, Math.max(0, share));
  return [left + within(right) * width, bottom + within(up) * height];
}

/** Paints what there is, and again in the frame after anything changes; ends when it is called back. */
function keepPainted(
  canvas: HTMLCanvasElement | null,
  plane: Plane,
  cursor: () => Place | undefined,
): (() => void) | undefined {
  const context = canvas?.getContext("2d");
  if (canvas === null || !context) return undefined;
  const scratch = document.createElement("canvas");
  let frame = 0;
  let isDue = false;
  const paint = (): void => {
    isDue = false;
    const size = canvas.clientWidth;
    const density = devicePixelRatio;
    const pixels = Math.round(size * density);
    if (pixels === 0) return;
    if (canvas.width !== pixels) [canvas.width, canvas.height] = [pixels, pixels];
    context.setTransform(density, 0, 0, density, 0, 0);
    paintPlane(context, size, sceneOf(plane, cursor()), scratch);
  };
  const demand = (): void => {
    if (isDue) return;
    isDue = true;
    frame = requestAnimationFrame(paint);
  };
  const end = effect(() => {
    sceneOf(plane, cursor());
    demand();
  });
  const sizes = new ResizeObserver(demand);
  sizes.observe(canvas);
  return () => {
    end();
    sizes.disconnect();
    cancelAnimationFrame(frame);
  };
}
