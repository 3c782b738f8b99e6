/** Where the units of a layer stand in its picture: a vector in rows, maps side by side with a line between them. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly placeOf: (unit: number) => readonly [column: number, row: number];
}

const WIDEST = 32;
/** Maps side by side: of many more, so that all are seen at once. */
const MAPS_ACROSS = 8;
const MANY_MAPS = 16;

export function gridOf(shape: readonly number[]): Grid {
  if (shape.length !== 3) {
    const units = shape.reduce((product, size) => product * size, 1);
    const width = Math.min(WIDEST, units);
    return {
      width,
      height: Math.ceil(units / width),
      placeOf: (unit) => [unit % width, Math.floor(unit / width)],
    };
  }
  const [channels = 1, height = 1, width = 1] = shape;
  const across = Math.min(channels, channels > MANY_MAPS ? 2 * MAPS_ACROSS : MAPS_ACROSS);
  const down = Math.ceil(channels / across);
  return {
    width: across * (width + 1) - 1,
    height: down * (height + 1) - 1,
    placeOf: (unit) => {
      const channel = Math.floor(unit / (height * width));
      const within = unit % (height * width);
      return [
        (channel % across) * (width + 1) + (within % width),
        Math.floor(channel / across) * (height + 1) + Math.floor(within / width),
      ];
    },
  };
}
