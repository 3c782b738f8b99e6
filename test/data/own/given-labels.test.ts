import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { givenLabels, labelsDigest } from "../../../src/data/node/own/given-labels.ts";
import { npyHeader, writeNpy } from "../../../src/data/npy.ts";
import { int64 } from "../../../src/graph/index.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const WORDS = { kind: "classes", names: ["5", "9"] } as const;

it("labels of a file are classes by their names, in its order", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "y.npy");
  await writeFile(file, writeNpy(int64([4], [9, 5, 5, 9])));
  const labels = { file, digest: await labelsDigest(file) };
  const { dtype, data } = await givenLabels(labels, WORDS, 4);
  expect([dtype, ...data]).toEqual(["uint8", 1, 0, 0, 1]);

  expect(await rejectionOf(givenLabels(labels, WORDS, 5))).toEqual({
    message: `${file}: 4 labels: expected 5, one for each training example in its order`,
    hint: "give as many; of files without a test set the part that is split off is none of the training",
  });
  expect((await rejectionOf(givenLabels(labels, { kind: "classes", names: ["1", "9"] }, 4))).message).toBe(
    `${file}, element 1: label "5": expected one of the classes of training: 1, 9`,
  );
  await writeFile(file, npyHeader("int64", [0]));
  expect((await rejectionOf(givenLabels(labels, WORDS, 4))).message).toMatch(
    /y\.npy, which is not what it was: expected the labels with the digest sha256:[0-9a-f]{12}…$/,
  );
});
