/** What a process takes before it works, with an engine (measured). */
const PROCESS_BYTES = 200e6;
const TEAM_BYTES = 150e6;

/**
 * About the most bytes that `fitFeatures` takes at once, in a process of its own: none of it grows with the number of examples
 * but their labels.
 * @param count features
 * @param teams engines
 */
export function featureFitBytes(examples: number, count: number, teams: number): number {
  // products, band form, its reflections, the columns of Q; and what each team has of a block and gives back of it
  const matrices = 8 * count ** 2 * (5 + 2 * teams);
  const blocks = teams * 8 * 6 * 2 ** 21;
  return PROCESS_BYTES + TEAM_BYTES * teams + matrices + blocks + 8 * examples;
}
