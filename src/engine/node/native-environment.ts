/**
 * The environment of a process that computes: what native code reads from it once, when it starts or is loaded.
 *
 * Huge pages spare the translation of addresses where hundreds of megabytes are walked through: a training step of GCONV
 * takes 2 to 8 % less time by them on a quiet machine, up to 17 % less beside other work, and the memory is the same
 * (bench/gconv-training.bench.ts, with the variable set before it). Allocators other than GNU's do not read it. Tunables of
 * the user's own stand as they are.
 */
export const nativeEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  GLIBC_TUNABLES: "glibc.malloc.hugetlb=1",
  ...environment,
  ORT_DISABLE_TELEMETRY: "1",
});
