/** What `dependencies.test.ts` uses of semver, whose types would be one more package. */
declare module "semver" {
  /** The oldest version in a range. */
  export function minVersion(range: string): { readonly version: string } | null;
  export function satisfies(version: string, range: string): boolean;
  /** Whether every version of `range` is in `other` too. */
  export function subset(range: string, other: string): boolean;
}
