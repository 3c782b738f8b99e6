import { drawnPoints, type Scene } from "./paint.ts";
import type { Place, Plane } from "./plane.ts";

/** All that is drawn now; whoever asks within an effect is told when it changes. */
export function sceneOf(plane: Plane, cursor: Place | undefined): Scene {
  const isOwn = plane.settings.value.data === "own";
  const drawn = drawnPoints(plane.data.value);
  return {
    window: plane.window.value,
    hues: plane.data.value?.hues ?? [],
    coloring: plane.coloring.value,
    regions: plane.regions.value,
    outputs: plane.outputs.value,
    hidden: plane.hidden.value,
    // too few to train on are drawn all the same
    points: isOwn && drawn.length === 0 ? plane.own.value.map((one) => ({ ...one, isTest: false })) : drawn,
    at: plane.at.value,
    end: plane.end.value,
    segment: plane.segment.value,
    cursor,
    colors: plane.colors.value,
  };
}
