import { describe, expect, it } from "vitest";
import { nativeEnvironment } from "../../src/engine/node/index.ts";

describe("the environment of a process that computes", () => {
  it("asks for huge pages and no telemetry, and keeps all else", () => {
    const made = nativeEnvironment({ HOME: "/home/someone", ORT_DISABLE_TELEMETRY: "0" });
    expect(made).toEqual({
      HOME: "/home/someone",
      GLIBC_TUNABLES: "glibc.malloc.hugetlb=1",
      ORT_DISABLE_TELEMETRY: "1",
    });
  });

  it("leaves tunables of the user's own as they are", () => {
    const { GLIBC_TUNABLES } = nativeEnvironment({ GLIBC_TUNABLES: "glibc.malloc.check=1" });
    expect(GLIBC_TUNABLES).toBe("glibc.malloc.check=1");
  });
});
