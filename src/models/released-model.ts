import { GatewiseError } from "../errors.ts";

/** For a question to a model that has been released. */
export const releasedModel = (): GatewiseError =>
  new GatewiseError({
    code: "released",
    received: "a model that has been released",
    expected: "a model in use",
    next: "ask within the scope of `await using`, or open it again",
  });
