import { useLayoutEffect, useRef } from "preact/hooks";

export interface PixelsProps {
  readonly width: number;
  readonly height: number;
  /** Fills `[height, width, 4]` bytes of red, green, blue and opacity. */
  readonly paint: (pixels: Uint8ClampedArray) => void;
  /** What it is, for who does not see it. */
  readonly label: string;
  /** Id of a text that says more. */
  readonly describedBy?: string;
  readonly class?: string;
}

/** One pixel a number, scaled by the style sheet. Painted anew when what made `paint` has changed. */
export function Pixels({ width, height, paint, label, describedBy, class: name = "" }: PixelsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(width, height);
    paint(image.data);
    context.putImageData(image, 0, 0);
  }, [width, height, paint]);
  return (
    <canvas
      ref={canvas}
      class={`pixels ${name}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
      {...(describedBy === undefined ? {} : { "aria-describedby": describedBy })}
    />
  );
}
