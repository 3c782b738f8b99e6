import { save } from "../figure/save.ts";
import { firstOf } from "./examples.ts";
import type { Explain } from "./explain.ts";
import { npyOf } from "./file-controls.tsx";

interface SaveExamplesProps {
  readonly explain: Explain;
  readonly most: number;
  /** The view that they are of. */
  readonly of: string;
}

/** The file of examples that a view's command reads, where its user has none. */
export function SaveExamples({ explain, most, of }: SaveExamplesProps) {
  const [model, list] = [explain.model.value, explain.examples.value];
  if (model === undefined || list === undefined) return null;
  const { data, count, file } = firstOf(list, most);
  if (list.isOpened && file === list.file) return null;
  return (
    <p class="note">
      The command reads {file}:{" "}
      <button
        type="button"
        class="plain"
        onClick={() => save(file, "application/octet-stream", npyOf(model.inputShape, data.slice(), count))}
      >
        Save examples<span class="hidden-words"> of {of}</span>
      </button>
    </p>
  );
}
