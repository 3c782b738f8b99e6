import { expect, it } from "vitest";
import { workerCount } from "../../src/runs/node/index.ts";

it.each([
  { asked: 3, environment: { SLURM_CPUS_PER_TASK: "8" }, cores: 3 },
  { asked: undefined, environment: {}, cores: 6 },
  { asked: undefined, environment: { SLURM_CPUS_PER_TASK: "2", SLURM_CPUS_ON_NODE: "4" }, cores: 2 },
  { asked: undefined, environment: { SLURM_CPUS_PER_TASK: "8" }, cores: 8 },
  { asked: undefined, environment: { SLURM_CPUS_ON_NODE: "4" }, cores: 4 },
  // of the node, where the process has a part of it
  { asked: undefined, environment: { SLURM_CPUS_ON_NODE: "64" }, cores: 6 },
  { asked: undefined, environment: { NSLOTS: "5" }, cores: 5 },
  { asked: undefined, environment: { NSLOTS: "48" }, cores: 6 },
  { asked: undefined, environment: { NCPUS: "1" }, cores: 1 },
  { asked: undefined, environment: { LSB_DJOB_NUMPROC: "4" }, cores: 4 },
  {
    asked: undefined,
    environment: { NSLOTS: "", NCPUS: "0", LSB_DJOB_NUMPROC: "all", SLURM_CPUS_PER_TASK: "x" },
    cores: 6,
  },
])("asked $asked, told $environment: $cores of 6", ({ asked, environment, cores }) => {
  expect(workerCount(asked, environment, 6)).toBe(cores);
});
