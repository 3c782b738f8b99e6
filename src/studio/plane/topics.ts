/** What Plane asks its worker, and what it is told. All of it is plain data; points are in the units of the data. */
import type { PlanarKind } from "../../data/index.ts";
import type { NamedRegime } from "../../network/index.ts";
import type { Topic } from "../desk/protocol.ts";
import type { WrittenPlane } from "./settings.ts";

export interface OwnPoint {
  readonly x: number;
  readonly y: number;
  readonly label: number;
}

/** Which columns of a table are drawn: their names. */
export interface ChosenColumns {
  readonly x: string;
  readonly y: string;
  readonly label: string;
}

/** Where the points come from. */
export type PlaneSource =
  | { readonly kind: PlanarKind }
  | { readonly kind: "own"; readonly points: readonly OwnPoint[] }
  | {
      readonly kind: "file";
      readonly name: string;
      readonly text: string;
      /** Those that are usual unless they are chosen. */
      readonly columns: ChosenColumns | undefined;
    };

export interface StartQuestion {
  readonly source: PlaneSource;
  readonly settings: WrittenPlane;
}

/** The part of the plane that is shown. */
export interface PlaneWindow {
  readonly left: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

/** The points, the training examples first. */
export interface DataPart {
  readonly stage: "data";
  /** What `gatewise train` reads. */
  readonly file: string;
  readonly table: string;
  /** Options of it that say how. */
  readonly options: readonly string[];
  /** `[n, 2]` */
  readonly points: Float64Array;
  readonly classes: Uint8Array;
  readonly isTest: Uint8Array;
  readonly names: readonly string[];
  /** Which color each class has. */
  readonly hues: readonly number[];
  readonly window: PlaneWindow;
  readonly columns: ChosenColumns;
  /** All that the table has. */
  readonly allColumns: readonly string[];
}

/** A network on its way: after so many epochs. */
export interface MomentPart {
  /** Whose network it is: behind learnt gates one learns after the ReLU network that they are of. */
  readonly regime: NamedRegime;
  readonly epoch: number;
  /** Of the epoch; undefined before the first. */
  readonly trainLoss: number | undefined;
  /** In percent. */
  readonly testAccuracy: number | undefined;
}

/** The training, as far as it has come. */
export interface CoursePart {
  readonly stage: "course";
  readonly moments: readonly MomentPart[];
  /** Of one training. */
  readonly epochs: number;
  /** Moments that there will be. */
  readonly total: number;
  readonly state: "trains" | "ended" | "failed";
  readonly why: string | undefined;
}

export interface LayerPart {
  readonly name: string;
  readonly units: number;
}

/** The regions of a moment; corners and ends within the window, from its left and its bottom, 0 to 1. */
export interface RegionsPart {
  readonly stage: "regions";
  readonly moment: number;
  readonly layers: readonly LayerPart[];
  readonly corners: Float64Array;
  /** First corner of each region, and the end. */
  readonly from: Int32Array;
  /** `[regions, units]` */
  readonly gates: Uint8Array;
  /** `[pieces, 4]` */
  readonly lines: Float64Array;
  readonly lineLayers: Uint8Array;
  readonly lineUnits: Uint8Array;
}

/** What the network says on a grid, from the bottom left. */
export interface OutputsPart {
  readonly stage: "outputs";
  readonly moment: number;
  /** Points along a side; the outermost lie half a step within the window. */
  readonly side: number;
  readonly classes: number;
  /** `[side, side, classes]` */
  readonly logits: Float32Array;
}

/** The gates of one point at each moment so far. */
export interface PointPart {
  readonly stage: "point";
  readonly point: readonly [number, number];
  /** Moment that the first row is of: that at which the network's training began. */
  readonly first: number;
  /** `[moments, units]` */
  readonly gates: Uint8Array;
  readonly units: number;
}

export interface FlipPart {
  /** 0 at the point, 1 at the other end. */
  readonly at: number;
  readonly layer: number;
  readonly unit: number;
  readonly opens: boolean;
}

/** Every flip on the way from the point to the other end. */
export interface SegmentPart {
  readonly stage: "segment";
  readonly flips: readonly FlipPart[];
}

export interface LookQuestion {
  /** Index of the moment. */
  readonly moment: number;
  readonly point: readonly [number, number];
  readonly end: readonly [number, number];
}

export interface NetworkPart {
  /** As ONNX. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type PlaneTopics = {
  /** Leaves what was trained before. */
  readonly "plane.start": Topic<StartQuestion, DataPart | CoursePart>;
  /** Goes on by so many epochs. */
  readonly "plane.advance": Topic<{ readonly epochs: number }, CoursePart>;
  readonly "plane.look": Topic<LookQuestion, RegionsPart | OutputsPart | PointPart | SegmentPart>;
  readonly "plane.network": Topic<{ readonly moment: number }, NetworkPart>;
};
