import type { Explain } from "./explain.ts";
import type { ModelChoice } from "./topics.ts";

const FIELDS = [
  { name: "output", title: "Model output", hint: "name or number" },
  { name: "input", title: "Model input", hint: "name" },
  { name: "set", title: "Other inputs", hint: "mask=1, scale=0.5" },
] as const satisfies readonly { readonly name: keyof ModelChoice; readonly title: string; readonly hint: string }[];

/** What is taken of a model of several inputs or outputs: asked for where one is refused for want of it. */
export function ModelChoiceFields({ explain }: { readonly explain: Explain }) {
  const choice = explain.choice.value;
  return (
    <details class="reading">
      <summary>Models of several inputs or outputs</summary>
      <div class="controls">
        {FIELDS.map(({ name, title, hint }) => (
          <label key={name}>
            {title}{" "}
            <input
              type="text"
              size={14}
              placeholder={hint}
              value={choice[name]}
              onInput={({ currentTarget }) => {
                explain.choice.value = { ...choice, [name]: currentTarget.value.trim() };
              }}
            />
          </label>
        ))}
        <button type="button" onClick={() => void explain.openAgain()}>
          Open again
        </button>
      </div>
    </details>
  );
}
