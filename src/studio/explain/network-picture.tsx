import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { cssOf, mixed, type Palette, signedColor, strength } from "../figure/palette.ts";
import { byPixel, viewOf } from "./input-view.ts";
import { HEIGHT, type PlacedEdge, type PlacedNetwork, type PlacedUnit, unitAt, WIDTH } from "./network-layout.ts";
import type { UnitQuestion } from "./topics.ts";

export interface PictureProps {
  readonly network: PlacedNetwork;
  readonly inputShape: readonly number[];
  readonly input: Float64Array;
  readonly inputFlow: Float64Array;
  readonly palette: Palette;
  readonly selected: UnitQuestion | undefined;
  readonly isClosed: (unit: UnitQuestion) => boolean;
  readonly onSelect: (unit: UnitQuestion | undefined) => void;
  readonly label: string;
}

/** How far from a unit a click still means it, in units of the picture. */
const REACH = 14;
/** Pixels of a unit of the picture at most: more are not seen, and each costs. */
const SHARPEST = 2;
/** Edges as strong as each other to one in so many are drawn by one stroke. */
const STRENGTHS = 16;

/**
 * The active sub-network on a canvas: a thousand edges take a tenth of what they take as SVG. Still they take a frame or two where no
 * graphics processor helps, and what comes from the worker waits meanwhile: painted anew only when what is painted has changed, and
 * by as many pixels as the screen shows.
 */
export function NetworkPicture(props: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { network, inputShape, input, inputFlow, palette, selected, isClosed } = props;
  const [sharpness, setSharpness] = useState(1);
  useLayoutEffect(() => {
    const shown = canvas.current;
    if (shown === null) return;
    const measure = (): void => {
      const wanted = (shown.clientWidth * devicePixelRatio) / WIDTH;
      // in steps: a window that is drawn wider paints anew a few times
      setSharpness(Math.min(SHARPEST, Math.max(1, Math.ceil(wanted * 4) / 4)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(shown);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.setTransform(sharpness, 0, 0, sharpness, 0, 0);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    paint(context, props);
  }, [network, inputShape, input, inputFlow, palette, selected, isClosed, sharpness]);
  const onClick = (event: MouseEvent): void => {
    const box = canvas.current?.getBoundingClientRect();
    if (box === undefined) return;
    const scale = WIDTH / box.width;
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    props.onSelect(unitAt(props.network, x, y, REACH * Math.max(1, scale / 2)));
  };
  return (
    <canvas
      ref={canvas}
      class="network"
      width={WIDTH * sharpness}
      height={HEIGHT * sharpness}
      role="img"
      aria-label={props.label}
      onClick={onClick}
    />
  );
}

const isOf = (edge: PlacedEdge, unit: UnitQuestion): boolean =>
  (edge.from.column === unit.column && edge.from.unit === unit.unit) ||
  (edge.to.column === unit.column && edge.to.unit === unit.unit);

/** Edges of one color and thickness. */
interface Stroke {
  readonly isFaint: boolean;
  readonly isNegative: boolean;
  /** Of the largest flow. */
  readonly share: number;
  readonly thickness: number;
  readonly edges: PlacedEdge[];
}

/** Hundreds of edges by dozens of strokes, the strongest last. */
function strokesOf({ edges }: PlacedNetwork, selected: UnitQuestion | undefined): readonly Stroke[] {
  const largest = edges.reduce((most, { flow }) => Math.max(most, Math.abs(flow)), 0) || 1;
  const thickest = edges.reduce((most, { thickness }) => Math.max(most, thickness), 0);
  const strokes = new Map<string, Stroke>();
  for (const edge of edges) {
    const isFaint = selected !== undefined && !isOf(edge, selected);
    const isNegative = edge.flow < 0;
    const level = Math.ceil((STRENGTHS * edge.thickness) / thickest);
    const key = `${level} ${isNegative} ${isFaint}`;
    const stroke = strokes.get(key);
    if (stroke !== undefined) stroke.edges.push(edge);
    else {
      const share = Math.abs(edge.flow) / largest;
      strokes.set(key, { isFaint, isNegative, share, thickness: edge.thickness, edges: [edge] });
    }
  }
  return [...strokes.values()];
}

function paint(context: CanvasRenderingContext2D, props: PictureProps): void {
  const { network, palette, selected, isClosed } = props;
  context.lineCap = "round";
  for (const stroke of strokesOf(network, selected)) {
    const { isFaint, isNegative, share, thickness } = stroke;
    context.globalAlpha = isFaint ? 0.08 : 0.25 + 0.6 * strength(share);
    context.strokeStyle = cssOf(isNegative ? palette.negative : palette.positive);
    context.lineWidth = thickness;
    context.beginPath();
    for (const { from, to } of stroke.edges) {
      const bend = (to.x - from.x) * 0.45;
      context.moveTo(from.x, from.y);
      context.bezierCurveTo(from.x + bend, from.y, to.x - bend, to.y, to.x, to.y);
    }
    context.stroke();
  }
  context.globalAlpha = 1;
  if (network.image !== undefined) paintImage(context, props, network.image);
  for (const unit of network.units) paintUnit(context, unit, props);
  context.fillStyle = cssOf(palette.muted);
  context.font = "13px system-ui, sans-serif";
  context.textAlign = "center";
  for (const { x, text } of network.titles) context.fillText(text, x, 16);
  const lastColumn = network.titles.length - 1;
  context.textAlign = "left";
  const outputs = network.units.filter(({ column }) => column === lastColumn);
  if (outputs.length <= 20) for (const { x, y, unit } of outputs) context.fillText(String(unit), x + 13, y + 4.5);
  const chosen = network.units.find((one) => one.column === selected?.column && one.unit === selected.unit);
  if (chosen !== undefined) {
    context.strokeStyle = cssOf(palette.ink);
    context.lineWidth = 1.5;
    context.setLineDash(isClosed(chosen) ? [3, 3] : []);
    circle(context, chosen, chosen.radius + 4);
    context.stroke();
    context.setLineDash([]);
  }
}

function paintUnit(context: CanvasRenderingContext2D, unit: PlacedUnit, { palette, isClosed }: PictureProps): void {
  if (isClosed(unit)) {
    context.strokeStyle = cssOf(palette.ink);
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(unit.x - 4, unit.y - 4);
    context.lineTo(unit.x + 4, unit.y + 4);
    context.moveTo(unit.x + 4, unit.y - 4);
    context.lineTo(unit.x - 4, unit.y + 4);
    context.stroke();
    return;
  }
  circle(context, unit, unit.open === 0 ? 1.5 : unit.radius);
  const { paper, muted, positive, negative } = palette;
  context.fillStyle = cssOf(
    unit.open === 0 ? mixed(paper, muted, 0.35) : unit.flow === 0 ? muted : unit.flow < 0 ? negative : positive,
  );
  context.fill();
}

function circle(context: CanvasRenderingContext2D, { x, y }: PlacedUnit, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

/** The input with what each of its pixels adds or takes, where the edges begin. */
function paintImage(
  context: CanvasRenderingContext2D,
  { inputShape, input, inputFlow, palette }: PictureProps,
  { x, y, side }: NonNullable<PlacedNetwork["image"]>,
): void {
  const view = viewOf(inputShape);
  if (view.kind !== "image") return;
  const [flow, image] = [byPixel(view, inputFlow), byPixel(view, input)];
  const largest = flow.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
  const brightest = image.reduce((most, one) => Math.max(most, one), 0) || 1;
  const cell = side / Math.max(view.width, view.height);
  context.strokeStyle = cssOf(palette.rule);
  context.lineWidth = 1;
  context.strokeRect(x - 0.5, y - 0.5, cell * view.width + 1, cell * view.height + 1);
  flow.forEach((one, i) => {
    const ink = Math.max(0, (image[i] ?? 0) / brightest);
    if (one === 0 && ink === 0) return;
    context.fillStyle = cssOf(signedColor(palette, mixed(palette.paper, palette.ink, 0.15 * ink), one / largest));
    context.fillRect(x + (i % view.width) * cell, y + Math.floor(i / view.width) * cell, cell + 0.3, cell + 0.3);
  });
}
