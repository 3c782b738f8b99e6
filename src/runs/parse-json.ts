import type { z } from "zod";
import { GatewiseError, messageOf } from "../errors.ts";

/** JSON of a known structure; the error names the first field that is wrong. */
export function parseJson<T extends z.ZodType>(structure: T, text: string, file: string): z.infer<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: ${messageOf(cause)}`,
      expected: "JSON",
      next: "restore the file, or start a new run",
      cause,
    });
  }
  const result = structure.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = issue?.path.length ? `${file}, ${issue.path.join(".")}` : file;
  throw new GatewiseError({
    code: "damaged-file",
    received: `${at}: ${issue?.message ?? "wrong structure"}`,
    expected: "a file as this version of gatewise writes it",
    next: "use the version that wrote it, or start a new run",
    cause: result.error,
  });
}
