import { GatewiseError } from "../../errors.ts";
import { kindOf } from "../../graph/index.ts";

/**
 * What callers without types may give for a path.
 * @param what names the file in errors: `a model`
 * @throws GatewiseError for what is no text, and for an empty one
 */
export function checkPath(path: unknown, what: string): void {
  if (typeof path === "string" && path !== "") return;
  throw new GatewiseError({
    received: `${path === "" ? "an empty text" : kindOf(path)} instead of the path of ${what}`,
    expected: "the path of a file",
    next: "give its path as a text",
  });
}
