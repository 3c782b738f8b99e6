import { createRequire } from "node:module";

/** The version that the `package.json` of a specifier tells. */
export function versionOf(specifier: string): string {
  const read: unknown = createRequire(import.meta.url)(specifier);
  // by hand: every command starts here, and structures of JSON take a third of a bare start to load
  if (typeof read === "object" && read !== null && "version" in read && typeof read.version === "string")
    return read.version;
  throw new Error(`unreachable: ${specifier} without a version`);
}

/** The version of this package. */
export const gatewiseVersion = (): string => versionOf("#package");
