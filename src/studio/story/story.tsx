import { useEffect } from "preact/hooks";
import type { TabAddress } from "../app/address.ts";
import type { Tab } from "../app/tab.ts";
import { SOURCES, STEPS } from "./steps.ts";

interface StoryProps {
  /** Keeps the step. */
  readonly address: TabAddress;
  readonly onShow: (tab: Tab["id"]) => void;
}

/** Told at the lower edge of the page, which shows what it is about. */
export function Story({ address, onShow }: StoryProps) {
  const number = stepNumber(address.state.value.get("step"));
  const step = STEPS[number - 1];
  useEffect(() => {
    if (step === undefined) return;
    onShow(step.tab);
    return focusOn(step.region);
  }, [step]);
  if (step === undefined) return null;
  const go = (to: number): void => address.set({ step: to === 1 ? undefined : String(to) });
  const source = SOURCES[step.source];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
    <section class="guide" aria-label="Story" tabIndex={0}>
      <h2>
        <span class="place">
          {number} of {STEPS.length}
        </span>{" "}
        {step.title}
      </h2>
      <p>{step.text}</p>
      <p class="todo">{step.todo}</p>
      <div class="controls">
        <button type="button" disabled={number === 1} onClick={() => go(number - 1)}>
          Back
        </button>
        <button type="button" disabled={number === STEPS.length} onClick={() => go(number + 1)}>
          Next
        </button>
        <span>
          In the paper: <a href={source.address}>{source.title}</a>
        </span>
        <a href="?">Leave the story</a>
      </div>
    </section>
  );
}

const stepNumber = (text: string | undefined): number => {
  const number = Number(text);
  return Number.isInteger(number) && number >= 1 && number <= STEPS.length ? number : 1;
};

/** How often a region is looked for that has not been painted yet, in milliseconds. */
const LOOKING = 100;

/** Marks a region and brings it into sight, once it is there; gives a way to end that. */
function focusOn(region: string | undefined): () => void {
  const root = document.documentElement;
  root.dataset.focus = region ?? "";
  const look = (): void => {
    const found = region === undefined ? document.body : document.querySelector(`[data-region="${region}"]`);
    if (found === null) return;
    clearInterval(looking);
    found.scrollIntoView({ block: "start" });
  };
  const looking = setInterval(look, LOOKING);
  return () => {
    clearInterval(looking);
    delete root.dataset.focus;
  };
}
