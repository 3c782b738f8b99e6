import { viewOf } from "./input-view.ts";
import type { ImageReading } from "./read-input.ts";
import type { OpenedModel } from "./topics.ts";

export const SCALINGS: readonly ImageReading["scaling"][] = ["0 to 1", "0 to 255", "mean and deviation"];
export const LAYOUTS: readonly ImageReading["layout"][] = ["channels first", "channels last"];

const keyOf = ({ name, inputShape }: OpenedModel): string => `gatewise image ${name} ${inputShape.join("×")}`;

/** How images become inputs of a model: as its user has chosen before, else by its shape and from 0 to 1. */
export function readingOf(model: OpenedModel): ImageReading {
  const view = viewOf(model.inputShape);
  const usual: ImageReading = {
    scaling: "0 to 1",
    mean: [0],
    deviation: [1],
    layout: view.kind === "image" ? view.layout : "channels first",
  };
  const text = stored()?.getItem(keyOf(model));
  return text === null || text === undefined ? usual : { ...usual, ...readStored(text) };
}

export function keepReading(model: OpenedModel, reading: ImageReading): void {
  stored()?.setItem(keyOf(model), JSON.stringify(reading));
}

/** What was stored may be of another version: only what is understood of it counts. */
function readStored(text: string): Partial<ImageReading> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return {};
    const scaling = SCALINGS.find((one) => "scaling" in value && one === value.scaling);
    const layout = LAYOUTS.find((one) => "layout" in value && one === value.layout);
    const numbers = (key: "mean" | "deviation"): readonly number[] | undefined => {
      const list: unknown = key in value ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined;
      return Array.isArray(list) && list.every((one) => typeof one === "number") ? list : undefined;
    };
    const [mean, deviation] = [numbers("mean"), numbers("deviation")];
    return {
      ...(scaling === undefined ? {} : { scaling }),
      ...(layout === undefined ? {} : { layout }),
      ...(mean === undefined ? {} : { mean }),
      ...(deviation === undefined ? {} : { deviation }),
    };
  } catch {
    return {};
  }
}

/** A page without an origin has no storage: it forgets. */
function stored(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
