/** Options as programs in plain JavaScript give them: one reader, for every function that takes some. */
import { GatewiseError } from "./errors.ts";

/**
 * The options of a call, once they are an object.
 * @throws GatewiseError for null, a number, a text, a list or a function in their place
 */
export function optionsIn<T extends object>(options: T): T {
  const given: unknown = options;
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return options;
  throw new GatewiseError({
    received: `options that are ${Array.isArray(given) ? "a list" : given === null ? "null" : `of type ${typeof given}`}`,
    expected: "an object, or nothing",
    next: "leave them out",
  });
}
