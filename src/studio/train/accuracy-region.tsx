import { useRef } from "preact/hooks";
import { CARRIED_DIGITS } from "../data/carried-digits.ts";
import { Region } from "../figure/region.tsx";
import { svgFileOf } from "../figure/svg-file.ts";
import { Curves } from "./curves.tsx";
import { commandOf, titleOf, type WrittenSettings } from "./settings.ts";
import type { CoursePart } from "./topics.ts";
import { percent } from "./words.ts";

interface CourseProps {
  readonly course: CoursePart;
  readonly begun: WrittenSettings;
}

/** Test accuracy over the epochs. The axis begins below the lowest. */
export function AccuracyRegion({ course: { lanes, data }, begun }: CourseProps) {
  const picture = useRef<SVGSVGElement>(null);
  const curves = lanes.map(({ regime, epochs }) => ({ regime, values: epochs.map((epoch) => epoch.testAccuracy) }));
  const least = curves.flatMap(({ values }) => values).reduce((a, b) => Math.min(a, b), 90);
  const words = curves.map(({ regime, values }) => `${titleOf(regime)} ${percent(values.at(-1) ?? 0)}`);
  return (
    <Region
      name="Accuracy"
      lead={`Test accuracy on ${data === undefined ? `${CARRIED_DIGITS.test.toLocaleString("en")} digits` : `${data.test} examples`} after each epoch. FLNPF begins once the ReLU network, whose gates it takes, has ended.`}
      command={commandOf(begun, data)}
      table={() => ({
        columns: ["regime", "epoch", "train loss", "test accuracy"],
        rows: lanes.flatMap(({ regime, epochs }) =>
          epochs.map(({ trainLoss, testAccuracy }, i) => [titleOf(regime), i + 1, trainLoss, testAccuracy]),
        ),
      })}
      svg={() => (picture.current === null ? "" : svgFileOf(picture.current))}
    >
      <Curves
        curves={curves}
        epochs={Number(begun.epochs)}
        range={[least, 100]}
        label={`Test accuracy: ${words.join(", ")}`}
        picture={picture}
      />
    </Region>
  );
}

/** Gates that flip in each epoch. */
export function FlipsRegion({ course: { lanes, data }, begun }: CourseProps) {
  const picture = useRef<SVGSVGElement>(null);
  const curves = lanes.map(({ regime, epochs }) => ({
    regime,
    values: epochs.map(
      ({ flipped }) => (100 * flipped.reduce((sum, one) => sum + one, 0)) / Math.max(1, flipped.length),
    ),
  }));
  const most = curves.flatMap(({ values }) => values).reduce((a, b) => Math.max(a, b), 1);
  const words = curves.map(({ regime, values }) => `${titleOf(regime)} ${percent(values.at(-1) ?? 0)}`);
  return (
    <Region
      name="Flips"
      lead="Gates that are other than an epoch before, on the test examples, in the mean over the layers. Where gates are fixed there are none; where they learn they flip much at first and settle."
      command={commandOf(begun, data).replace("; done", " --watch-gates; done")}
      table={() => ({
        columns: ["regime", "epoch", "layer", "flipped"],
        rows: lanes.flatMap(({ regime, epochs }) =>
          epochs.flatMap(({ flipped }, i) => flipped.map((share, layer) => [titleOf(regime), i + 1, layer + 1, share])),
        ),
      })}
      svg={() => (picture.current === null ? "" : svgFileOf(picture.current))}
    >
      <Curves
        curves={curves}
        epochs={Number(begun.epochs)}
        range={[0, most]}
        label={`Gates flipped in the last epoch: ${words.join(", ")}`}
        picture={picture}
      />
    </Region>
  );
}
