import { Region } from "../figure/region.tsx";
import type { Table } from "../figure/table.tsx";
import { LearningCurve, learningSvg } from "./learning-curve.tsx";
import type { Plane } from "./plane.ts";
import type { CoursePart } from "./topics.ts";
import { titleOf } from "./words.ts";

/** How well it learns. */
export function LearningRegion({ plane }: { readonly plane: Plane }) {
  const [course, data] = [plane.course.value, plane.data.value];
  if (course === undefined || data === undefined || course.moments.length < 2) return null;
  const tested = data.isTest.reduce((sum, one) => sum + one, 0);
  return (
    <Region
      name="Learning"
      lead={`Accuracy on the ${tested} points that are only tested on, after each epoch: so few that single points make it jump. The line marks the moment that is shown.`}
      table={() => tableOf(course)}
      svg={() => learningSvg(course)}
    >
      <LearningCurve course={course} moment={plane.moment.value} />
    </Region>
  );
}

const tableOf = ({ moments }: CoursePart): Table => ({
  columns: ["network", "epoch", "train loss", "test accuracy"],
  rows: moments.flatMap(({ regime, epoch, trainLoss, testAccuracy }) =>
    trainLoss === undefined || testAccuracy === undefined ? [] : [[titleOf(regime), epoch, trainLoss, testAccuracy]],
  ),
});
