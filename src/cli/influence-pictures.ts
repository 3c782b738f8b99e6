/** What the picture of an influence shows. */
import type { BothSides, InfluentialExample, InputExamples, QueryInfluence } from "../models/index.ts";
import type { InfluenceFigure } from "../report/index.ts";

/** More examples of a row make a file that viewers are slow with. */
const MOST = 6;

/**
 * The examples of one query.
 * @param query its number
 * @param input `[1, …]`
 */
export function influenceFigure(
  { predicted, label, control, ...sides }: QueryInfluence,
  query: number,
  input: InputExamples,
  train: InputExamples,
): InfluenceFigure {
  const pictured = ({ example, label: own, score }: InfluentialExample) => ({
    values: train.example(example).data,
    words: `${example}${own === null ? "" : ` (${Number(own.toPrecision(4))})`} ${(1000 * score).toFixed(1)}`,
  });
  const rowsOf = ({ top, bottom }: BothSides, behind: string) => [
    { title: `helped${behind}`, helps: true, examples: top.slice(0, MOST).map(pictured) },
    { title: `hurt${behind}`, helps: false, examples: bottom.slice(0, MOST).map(pictured) },
  ];
  const number = (value: number): string => String(Number(value.toPrecision(4)));
  const words = [
    ...(predicted === null ? [] : [`predicted ${number(predicted)}`]),
    ...(label === null ? [] : [`should be ${number(label)}`]),
  ];
  return {
    shape: input.shape.slice(1),
    title: `Training examples that helped query ${query} and that hurt it`,
    query: { values: input.data, words: words.join(", ") },
    rows: [
      ...rowsOf(sides, ", by the path kernel"),
      ...(control === null ? [] : rowsOf(control, ", by the inputs alone: the control")),
    ],
  };
}
