import { channel } from "node:diagnostics_channel";

/**
 * The diagnostics channel that tells that work is safely on the disk which a later start goes on from: a checkpoint, a tile.
 * Whoever may be started again by a scheduler asks for that only where there is something to go on from.
 */
export const KEPT_CHANNEL = "gatewise.kept";

/** Tells it, as often as it is true. */
export const tellKept = (): void => channel(KEPT_CHANNEL).publish({});
