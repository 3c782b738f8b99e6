import type { TangentPart } from "./plan.ts";

export const SIDES = ["left", "right"] as const;
export type Side = (typeof SIDES)[number];

/** Names of a part's factors: of the gradients of index `index` in its plan, by use, and of those that were formed. */
export const factorNames = {
  outer: (part: TangentPart, index: number, use: number, side: Side): string => `${part}.${index}.${use}.${side}`,
  formed: (part: TangentPart): string => `${part}.formed`,
};

/** Names of the two blocks' factors in the graph of their products. */
export const blockNames = {
  rows: (factor: string): string => `rows.${factor}`,
  columns: (factor: string): string => `columns.${factor}`,
};
