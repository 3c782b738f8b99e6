import { describe, expect, it } from "vitest";
import type { Store } from "../../src/runs/index.ts";
import { rejectionOf } from "../support/error-of.ts";

const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

/** What every store keeps: runs know nothing else of where they stand. */
export const storeConformance = (name: string, open: () => Promise<AsyncDisposable & { readonly store: Store }>) =>
  describe(`${name} as a store`, () => {
    it("reads what was written, whole, and nothing that was not", async () => {
      await using opened = await open();
      const place = opened.store.at("run");
      expect(await place.read("a.json")).toBeUndefined();
      expect(await place.list()).toEqual([]);
      await place.write("a.json", "one");
      await place.write("a.json", "é");
      await place.write("b", Uint8Array.of(0, 255, 7));
      expect(textOf(await place.read("a.json"))).toBe("é");
      expect([...((await place.read("b")) ?? [])]).toEqual([0, 255, 7]);
      expect([...(await place.list())].sort()).toEqual(["a.json", "b"]);
      expect(await opened.store.list()).toEqual(["run"]);
    });

    it("refuses what is longer than asked for, before it is read", async () => {
      await using opened = await open();
      await opened.store.write("b", Uint8Array.of(0, 255, 7));
      expect([...((await opened.store.read("b", 3)) ?? [])]).toEqual([0, 255, 7]);
      expect(await rejectionOf(opened.store.read("b", 2))).toEqual({
        message: `${opened.store.nameOf("b")}: 3 bytes: expected at most 2`,
        hint: "it is damaged or another file than it was taken for: restore it, or give another",
      });
    });

    it("adds to the end, and removes", async () => {
      await using opened = await open();
      const { store } = opened;
      await store.write("lines", "1\n");
      await store.append("lines", "2\n");
      await store.append("lines", "3\n");
      expect(textOf(await store.read("lines"))).toBe("1\n2\n3\n");
      await store.append("others", "1\n");
      expect(textOf(await store.read("others"))).toBe("1\n");
      await store.remove("lines");
      await store.remove("lines");
      expect(await store.read("lines")).toBeUndefined();
    });

    it("keeps places apart, each under the name of its own", async () => {
      await using opened = await open();
      const { store } = opened;
      const [one, two] = [store.at("one"), store.at("two")];
      await one.write("x", "1");
      expect(await two.read("x")).toBeUndefined();
      expect(textOf(await store.at("one").read("x"))).toBe("1");
      expect(one.nameOf()).toBe(store.nameOf("one"));
      expect(one.nameOf("x")).toContain(one.nameOf());
    });

    it("has one writer at a time, and makes the place that is locked", async () => {
      await using opened = await open();
      const place = opened.store.at("new");
      {
        await using _lock = await place.lock();
        expect(await rejectionOf(place.lock())).toMatchObject({ message: expect.stringContaining("in use") });
        await place.append("x", "1");
      }
      await using _again = await place.lock();
      expect(await opened.store.list()).toEqual(["new"]);
    });
  });
