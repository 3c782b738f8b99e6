import type { Tab } from "../app/tab.ts";
import { Region } from "../figure/region.tsx";
import type { Table } from "../figure/table.tsx";
import { Settings, Transport } from "./controls.tsx";
import { LearningRegion } from "./learning-region.tsx";
import { Legend } from "./legend.tsx";
import { Picture } from "./picture.tsx";
import { Plane } from "./plane.ts";
import { planeSvg } from "./plane-svg.ts";
import { PointRegion } from "./point-region.tsx";
import { sceneOf } from "./scene.ts";
import { SegmentRegion } from "./segment-region.tsx";
import { commandOf } from "./settings.ts";
import type { RegionsPart } from "./topics.ts";
import { gatesOfRegion } from "./words.ts";

export const planeTab: Tab = {
  id: "plane",
  title: "Plane",
  make: (world) => {
    const plane = new Plane(world);
    return () => <PlaneView plane={plane} />;
  },
};

function PlaneView({ plane }: { readonly plane: Plane }) {
  return (
    <article class="plane">
      <header>
        <h2 class="question">Where do the gates draw their lines?</h2>
        <p class="lead">
          A network that reads two numbers can be seen whole. Each gate opens on one side of a line. Lines of later
          layers bend where they cross those of earlier ones, and between the lines lie regions: in each, the same gates
          are open, and the network is one linear function.
        </p>
      </header>
      <Settings plane={plane} />
      <PictureRegion plane={plane} />
      <div class="beside">
        <PointRegion plane={plane} />
        <SegmentRegion plane={plane} />
      </div>
      <LearningRegion plane={plane} />
    </article>
  );
}

function PictureRegion({ plane }: { readonly plane: Plane }) {
  const [data, regions] = [plane.data.value, plane.regions.value];
  return (
    <Region
      name="Plane"
      command={data && commandOf(plane.settings.value, data.file, data.options)}
      table={regions && (() => tableOf(regions))}
      svg={regions && (() => planeSvg(sceneOf(plane, undefined)))}
      lead={
        data?.isTest.includes(1)
          ? "Filled points are trained on, rings are tested on. The framed region is that of the point ○."
          : undefined
      }
    >
      <div class="stage">
        <div>
          <Picture plane={plane} />
          <Transport plane={plane} />
        </div>
        <Legend plane={plane} />
      </div>
    </Region>
  );
}

/** A row a region: its gates, its share of what is shown, its corners' number. */
const tableOf = (regions: RegionsPart): Table => ({
  columns: ["region", ...regions.layers.map((_, i) => `gates of layer ${i + 1}`), "share of the plane", "corners"],
  rows: Array.from({ length: regions.from.length - 1 }, (_, region) => [
    region,
    ...gatesOfRegion(regions, region),
    areaOf(regions, region),
    regions.from[region + 1]! - regions.from[region]!,
  ]),
});

function areaOf({ corners, from }: RegionsPart, region: number): number {
  let sum = 0;
  for (let i = from[region]!; i < from[region + 1]!; i++) {
    const j = i + 1 === from[region + 1] ? from[region]! : i + 1;
    sum += corners[2 * i]! * corners[2 * j + 1]! - corners[2 * j]! * corners[2 * i + 1]!;
  }
  return Math.abs(sum) / 2;
}
