import fc from "fast-check";

/** How often each property is tried, where somebody wants to know more: GATEWISE_PROPERTY_RUNS=3000. */
const wanted =
  process.env.GATEWISE_PROPERTY_RUNS === undefined ? undefined : Number(process.env.GATEWISE_PROPERTY_RUNS);

/** Runs of a property that says how many are usual; those that say nothing have fast-check's. */
export const propertyRuns = (usual: number): number => wanted ?? usual;

// vitest.config.ts loads this file before each test file
if (wanted !== undefined) fc.configureGlobal({ numRuns: wanted });

/** Milliseconds of a property that needs more than other tests. */
export const propertyTimeout = (usual: number): number => (wanted === undefined ? usual : 3_600_000);
