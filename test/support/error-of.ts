import { GatewiseError } from "../../src/errors.ts";

/** What a user sees of an error: tests hold both texts to the letter. */
export interface ErrorTexts {
  readonly message: string;
  readonly hint: string;
}

/** The texts of the GatewiseError that `run` throws; anything else that it throws passes through. */
export function errorOf(run: () => unknown): ErrorTexts {
  try {
    run();
  } catch (thrown) {
    return textsOf(thrown);
  }
  throw new Error("nothing was thrown");
}

/** The texts of the GatewiseError that the promise rejects with; any other rejection passes through. */
export async function rejectionOf(promise: Promise<unknown>): Promise<ErrorTexts> {
  try {
    await promise;
  } catch (thrown) {
    return textsOf(thrown);
  }
  throw new Error("the promise was not rejected");
}

function textsOf(thrown: unknown): ErrorTexts {
  if (!(thrown instanceof GatewiseError)) throw thrown;
  return { message: thrown.message, hint: thrown.hint };
}
