/** docs/run-directory.md tells every field of a run's files, and no other. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { KernelLineFile } from "../../src/runs/kernel-record.ts";
import { CheckpointMetadata } from "../../src/runs/run-files.ts";
import { EpochMetricsLine, RunRecordFile } from "../../src/runs/run-record.ts";

const Node = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
});

/** Paths of all fields: `segments[].machine.node`; architectures, which refer to themselves, as one. */
function fieldsOf(schema: unknown, path = ""): readonly string[] {
  const { properties = {}, items, anyOf = [], oneOf = [] } = Node.parse(schema ?? {});
  return [
    ...[...anyOf, ...oneOf].flatMap((one) => fieldsOf(one, path)),
    ...(items === undefined ? [] : fieldsOf(items, `${path}[]`)),
    ...Object.entries(properties).flatMap(([name, value]) => {
      const own = path === "" ? name : `${path}.${name}`;
      return [own, ...fieldsOf(value, own)];
    }),
  ];
}

/** Fields in the first column of the tables under a heading. */
function told(heading: string): readonly string[] {
  const [, section = ""] = readFileSync("docs/run-directory.md", "utf8").split(`## ${heading}\n`);
  const rows = (section.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
  return rows.flatMap((row) => [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, field = ""]) => field));
}

it.each([
  { heading: "run.json", structure: RunRecordFile },
  { heading: "metrics.jsonl and metrics.csv", structure: EpochMetricsLine },
  { heading: "Checkpoints", structure: CheckpointMetadata },
  { heading: "kernels.jsonl", structure: KernelLineFile },
])("$heading", ({ heading, structure }) => {
  const fields = fieldsOf(z.toJSONSchema(structure, { unrepresentable: "any" }));
  expect([...told(heading)].sort()).toEqual([...new Set(fields)].sort());
});
