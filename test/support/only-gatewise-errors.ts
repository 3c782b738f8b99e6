import fc from "fast-check";
import { expect } from "vitest";
import { GatewiseError } from "../../src/errors.ts";
import { propertyRuns } from "./property-runs.ts";

/** Damages `whole` in every way that disks and mirrors know; `read` must succeed or throw a GatewiseError. */
export async function expectOnlyGatewiseErrors(whole: Uint8Array, read: (bytes: Uint8Array) => unknown): Promise<void> {
  await fc.assert(
    fc.asyncProperty(damaged(whole), async (bytes) => {
      try {
        await read(bytes);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(GatewiseError);
      }
    }),
    { numRuns: propertyRuns(500) },
  );
}

const damaged = (whole: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      length: fc.oneof(fc.constant(whole.length), fc.nat(whole.length)),
      // most of a format's meaning lies at the start of the file
      changes: fc.array(fc.tuple(fc.oneof(fc.nat(40), fc.nat(whole.length - 1)), fc.nat(255)), { maxLength: 4 }),
      extra: fc.uint8Array({ maxLength: 4 }),
    })
    .map(({ length, changes, extra }) => {
      const bytes = Uint8Array.from([...whole.subarray(0, length), ...extra]);
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      return bytes;
    });
