import type { Tab } from "../app/tab.ts";
import { PowerOfTwo } from "../figure/power-of-two.tsx";
import { CompareRegion } from "./compare-region.tsx";
import { Explain } from "./explain.ts";
import { FlowRegion } from "./flow-region.tsx";
import { GatesRegion } from "./gates-region.tsx";
import { InputRegion } from "./input-region.tsx";
import { KernelRegion } from "./kernel-region.tsx";
import { LogitsRegion } from "./logits-region.tsx";
import { NeighborsRegion } from "./neighbors-region.tsx";
import { PathsRegion } from "./paths-region.tsx";
import type { OpenedModel } from "./topics.ts";

export const explainTab: Tab = {
  id: "explain",
  title: "Explain",
  make: (world) => {
    const explain = new Explain(world);
    return () => <ExplainView explain={explain} />;
  },
};

function ExplainView({ explain }: { readonly explain: Explain }) {
  const model = explain.model.value;
  if (model === undefined) return null;
  return (
    <article class="explain">
      <header>
        <h2 class="question">What carries this answer?</h2>
        <ModelWords {...model} />
      </header>
      <div class="beside">
        <InputRegion explain={explain} />
        <LogitsRegion explain={explain} />
      </div>
      <div class="story">
        <GatesRegion explain={explain} />
        <FlowRegion explain={explain} />
        <PathsRegion explain={explain} />
        <CompareRegion explain={explain} />
        <NeighborsRegion explain={explain} />
        <KernelRegion explain={explain} />
      </div>
    </article>
  );
}

function ModelWords({ kind, name, parameters, layers, log2Paths }: OpenedModel) {
  const gates = layers.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  return (
    <p class="lead">
      {kind === "start" ? "A small network that reads digits" : name}: {parameters.toLocaleString("en")} weights,{" "}
      {gates.toLocaleString("en")} gates, <PowerOfTwo log2={log2Paths} /> paths to each output. Whatever you change,
      everything below follows.
    </p>
  );
}
