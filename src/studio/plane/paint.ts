/** Draws the plane: regions or outputs, lines by layer, points, the chosen point with its region, and the segment. */
import { cssOf } from "../figure/palette.ts";
import { classColor, layerStroke, type PlaneColors } from "./colors.ts";
import type { Coloring, Place } from "./plane.ts";
import { paintOutputs, paintRegions, regionAt } from "./raster.ts";
import type { DataPart, OutputsPart, OwnPoint, PlaneWindow, RegionsPart, SegmentPart } from "./topics.ts";

/** All that is drawn. */
export interface Scene {
  readonly window: PlaneWindow;
  readonly coloring: Coloring;
  /** Which color each class has. */
  readonly hues: readonly number[];
  readonly regions: RegionsPart | undefined;
  readonly outputs: OutputsPart | undefined;
  /** Layers whose lines are not drawn. */
  readonly hidden: ReadonlySet<number>;
  readonly points: readonly DrawnPoint[];
  readonly at: Place;
  readonly end: Place;
  readonly segment: SegmentPart | undefined;
  /** Where keys move; undefined while they do not. */
  readonly cursor: Place | undefined;
  readonly colors: PlaneColors;
}

export interface DrawnPoint extends OwnPoint {
  readonly isTest: boolean;
}

/** Pixels of the ground along a side at most: more would be no sharper behind the lines. */
const FINEST = 640;

/** Places of the plane on a square of so many pixels. */
export const pixelOf = (
  { left, bottom, width, height }: PlaneWindow,
  size: number,
  [x, y]: Place,
): readonly [number, number] => [((x - left) / width) * size, size - ((y - bottom) / height) * size];

export const drawnPoints = (data: DataPart | undefined): readonly DrawnPoint[] =>
  data === undefined
    ? []
    : Array.from(data.classes, (label, i) => ({
        ...{ x: data.points[2 * i] ?? 0, y: data.points[2 * i + 1] ?? 0, label: data.hues[label] ?? label },
        isTest: data.isTest[i] === 1,
      }));

/**
 * @param size of the square, in the units of the context
 * @param scratch a canvas of its own for the ground
 */
export function paintPlane(
  context: CanvasRenderingContext2D,
  size: number,
  scene: Scene,
  scratch: HTMLCanvasElement,
): void {
  const { colors, regions } = scene;
  context.fillStyle = cssOf(colors.panel);
  context.fillRect(0, 0, size, size);
  paintGround(context, size, scene, scratch);
  if (regions !== undefined) {
    paintLines(context, size, regions, scene);
    paintOwnRegion(context, size, regions, scene);
  }
  paintPoints(context, size, scene);
  paintSegment(context, size, scene);
  if (scene.cursor !== undefined) paintCursor(context, pixelOf(scene.window, size, scene.cursor), colors);
}

function paintGround(
  context: CanvasRenderingContext2D,
  size: number,
  { coloring, regions, outputs, hues, colors }: Scene,
  scratch: HTMLCanvasElement,
): void {
  const side = coloring === "regions" ? Math.min(FINEST, Math.round(size)) : (outputs?.side ?? 0);
  const ground = scratch.getContext("2d");
  if (ground === null || side === 0 || (coloring === "regions" && regions === undefined)) return;
  if (scratch.width !== side) [scratch.width, scratch.height] = [side, side];
  const image = ground.createImageData(side, side);
  if (coloring === "regions" && regions !== undefined) paintRegions(image.data, side, regions, colors);
  else if (outputs !== undefined) paintOutputs(image.data, outputs, hues, colors);
  ground.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = coloring === "output";
  context.drawImage(scratch, 0, 0, size, size);
}

function paintLines(
  context: CanvasRenderingContext2D,
  size: number,
  { layers, lines, lineLayers }: RegionsPart,
  { hidden, colors }: Scene,
): void {
  context.lineCap = "round";
  // the first layer on top: it is what the others bend at
  for (let layer = layers.length - 1; layer >= 0; layer--) {
    if (hidden.has(layer)) continue;
    context.beginPath();
    for (let i = 0; i < lineLayers.length; i++) {
      if (lineLayers[i] !== layer) continue;
      context.moveTo(lines[4 * i]! * size, (1 - lines[4 * i + 1]!) * size);
      context.lineTo(lines[4 * i + 2]! * size, (1 - lines[4 * i + 3]!) * size);
    }
    context.strokeStyle = layerStroke(colors, layer);
    context.lineWidth = layer === 0 ? 2 : 1.5;
    context.stroke();
  }
}

/** The region of the chosen point, framed. */
function paintOwnRegion(
  context: CanvasRenderingContext2D,
  size: number,
  regions: RegionsPart,
  { window: { left, bottom, width, height }, at: [x, y], colors }: Scene,
): void {
  const region = regionAt(regions, (x - left) / width, (y - bottom) / height);
  if (region < 0) return;
  context.beginPath();
  for (let i = regions.from[region]!; i < regions.from[region + 1]!; i++)
    context.lineTo(regions.corners[2 * i]! * size, (1 - regions.corners[2 * i + 1]!) * size);
  context.closePath();
  context.fillStyle = `rgba(${colors.paper.join(", ")}, 0.35)`;
  context.fill();
  context.strokeStyle = cssOf(colors.ink);
  context.lineWidth = 2.5;
  context.stroke();
}

function paintPoints(context: CanvasRenderingContext2D, size: number, { window, points, colors }: Scene): void {
  const radius = points.length > 600 ? 2.5 : 4;
  for (const { x, y, label, isTest } of points) {
    const [column, row] = pixelOf(window, size, [x, y]);
    context.beginPath();
    context.arc(column, row, radius, 0, 2 * Math.PI);
    context.fillStyle = isTest ? cssOf(colors.paper) : cssOf(classColor(colors, label));
    context.fill();
    context.strokeStyle = isTest ? cssOf(classColor(colors, label)) : cssOf(colors.paper);
    context.lineWidth = isTest ? 2 : 1;
    context.stroke();
  }
}

/** The way from the point to the other end, with a tick at each flip in the hue of its layer. */
function paintSegment(context: CanvasRenderingContext2D, size: number, scene: Scene): void {
  const { window, at, end, segment, colors } = scene;
  const [[x1, y1], [x2, y2]] = [pixelOf(window, size, at), pixelOf(window, size, end)];
  strokeTwice(context, colors, 2, () => {
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
  });
  for (const { at: share, layer } of segment?.flips ?? []) {
    context.beginPath();
    context.arc(x1 + share * (x2 - x1), y1 + share * (y2 - y1), 3.5, 0, 2 * Math.PI);
    context.fillStyle = layerStroke(colors, layer);
    context.fill();
    context.strokeStyle = cssOf(colors.paper);
    context.lineWidth = 1;
    context.stroke();
  }
  strokeTwice(context, colors, 2.5, () => context.arc(x1, y1, 8, 0, 2 * Math.PI));
  strokeTwice(context, colors, 2.5, () => context.rect(x2 - 6, y2 - 6, 12, 12));
}

function paintCursor(context: CanvasRenderingContext2D, [x, y]: readonly [number, number], colors: PlaneColors): void {
  strokeTwice(context, colors, 2, () => {
    for (const [dx, dy] of [
      [14, 0],
      [0, 14],
    ] as const) {
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
    }
  });
}

/** Ink with paper around it: seen on any ground. */
function strokeTwice(context: CanvasRenderingContext2D, colors: PlaneColors, width: number, draw: () => void): void {
  for (const [color, more] of [
    [colors.paper, 2.5],
    [colors.ink, 0],
  ] as const) {
    context.beginPath();
    draw();
    context.strokeStyle = cssOf(color);
    context.lineWidth = width + more;
    context.stroke();
  }
}
