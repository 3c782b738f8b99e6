/** What a trial is known by: a digest of all that decides its run, wherever its data and its folder stand. */
import type { GatesFrom, TrainingTrial } from "./trial.ts";

/** What decides a training beside where its gates come from. */
export type Identified = Pick<TrainingTrial, "plan" | "data">;

/**
 * The identity of a training. Epochs are none of it: a longer run goes on with a shorter one.
 * @param gates where they come from, trials by their identities
 */
export async function trainingIdentity(
  { plan, data }: Identified,
  gates: { readonly identity: string; readonly from: GatesFrom } | null,
): Promise<string> {
  const { epochs: _, ...own } = plan;
  const { name, own: files, limit, testLimit, examples, labels } = data;
  return await digestOf({
    identity: 1,
    plan: own,
    data: {
      of: files?.digest ?? name,
      limit,
      testLimit,
      examples: examples?.digest,
      labels: labels?.kind === "given" ? { kind: labels.kind, digest: labels.digest } : labels,
    },
    gates: gates === null ? null : { from: gates.identity, ...momentOf(gates.from) },
  });
}

/** A network that a digest names is known by it, whichever epoch it is of. */
const momentOf = (from: GatesFrom) => ("trial" in from ? { until: from.until, at: from.at } : {});

/** `sha256:…` of plain data, whatever the order of its fields. */
export async function digestOf(value: unknown): Promise<string> {
  const text = JSON.stringify(value, (_, one: unknown) => sorted(one));
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return `sha256:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
