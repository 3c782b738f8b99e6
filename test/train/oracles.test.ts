import { openNodeEngine } from "../../src/engine/node/index.ts";
import { oracleConformance } from "../conformance/oracles.ts";
import { oracles } from "../support/oracle.ts";

oracleConformance("cpu", () => openNodeEngine("cpu", { threads: 1 }), oracles(""));
