/** Changes of JSON texts that leave them JSON, and of the text itself. */
import { damaged } from "./bytes.ts";
import type { Random } from "./random.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const VALUES: readonly Json[] = [
  0,
  1,
  -1,
  2,
  0.5,
  -0,
  1e308,
  2 ** 20,
  2 ** 31,
  2 ** 53,
  "",
  "x",
  "relu",
  null,
  true,
  false,
  [],
  {},
  [1, 2, 3],
  "\u0000\u001b[31m",
];

/** One change of a JSON text, of its structure or of its bytes. */
export function changedText(bytes: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.25)) return damaged(bytes, random);
  try {
    const value: Json = JSON.parse(new TextDecoder().decode(bytes));
    return new TextEncoder().encode(JSON.stringify(changed(value, random)));
  } catch {
    return damaged(bytes, random);
  }
}

function changed(value: Json, random: Random): Json {
  if (typeof value !== "object" || value === null || random.chance(0.05)) return other(value, random);
  if (isList(value)) {
    if (value.length === 0) return [random.pick(VALUES)];
    const index = random.below(value.length);
    const one = value[index] ?? null;
    switch (random.below(8)) {
      case 0:
        return value.toSpliced(index, 1);
      case 1:
        return [...value, ...Array.from({ length: random.pick([1, 10, 300]) }, () => one)];
      case 2:
        return value.toReversed();
      default:
        return value.with(index, changed(one, random));
    }
  }
  const keys = Object.keys(value);
  if (keys.length === 0) return { kind: random.pick(VALUES) };
  const key = random.pick(keys);
  const { [key]: own = null, ...rest } = value;
  switch (random.below(8)) {
    case 0:
      return rest;
    case 1:
      return { ...value, [random.pick(["__proto__", "constructor", "kind", "x", key.toUpperCase()])]: own };
    case 2:
      return { ...value, [key]: value[random.pick(keys)] ?? null };
    default:
      return { ...value, [key]: changed(own, random) };
  }
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function other(value: Json, random: Random): Json {
  if (typeof value === "number" && random.chance(0.5))
    return value * random.pick([-1, 0, 2, 1000, 1e9]) + random.below(3) - 1;
  if (random.chance(0.1)) {
    let nested = value;
    for (let depth = random.pick([10, 100, 3000]); depth > 0; depth--)
      nested = depth % 2 === 0 ? [nested] : { kind: "residual", body: [nested] };
    return nested;
  }
  return random.pick(VALUES);
}
