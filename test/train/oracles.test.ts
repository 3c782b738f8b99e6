import { expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { oracleConformance } from "../conformance/oracles.ts";
import { oracles } from "../support/oracle.ts";

const cases = oracles("");

// a file without a test fails: where the golden values are missing, this one says that they were skipped
it.skipIf(cases.length === 0)("golden values are there", () => expect(cases).not.toEqual([]));

oracleConformance("cpu", () => openNodeEngine("cpu", { threads: 1 }), cases);
