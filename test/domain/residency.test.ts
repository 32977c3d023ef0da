import { describe, expect, it } from "vitest";
import { LOCATION_HINTS, placementOf } from "../../src/domain/residency.ts";

const IN = {
  eu: "eu EU eu-west-1 eu-central-2 europe-west4 europe europe-north1 westeurope northeurope eu_west_1 eu-central francecentral germanywestcentral swedencentral polandcentral italynorth spaincentral",
  us: "us US us-east-1 us-west-2 us-east4 us-central1 eastus eastus2 westus3 centralus northcentralus southcentralus westcentralus usa",
  fedramp: "fedramp us-gov us-gov-west-1 us-gov-east-1 usgovvirginia usgovarizona usdodeast",
} as const;

const NEAR = {
  wnam: "wnam ca-west-1",
  enam: "enam ca-central-1 northamerica-northeast1 canadacentral mx-central-1 mexicocentral",
  sam: "sam sa-east-1 southamerica-east1 brazilsouth chilecentral",
  weur: "weur uksouth ukwest switzerlandnorth norwayeast",
  eeur: "eeur",
  apac: "apac ap-south-1 ap-northeast-1 ap-southeast-1 asia-east1 asia-northeast1 southeastasia eastasia japaneast centralindia koreacentral cn-north-1 chinanorth3",
  oc: "oc ap-southeast-2 ap-southeast-4 australia-southeast1 australiaeast newzealandnorth",
  afr: "afr af-south-1 africa-south1 southafricanorth",
  me: "me me-south-1 me-central-1 me-west1 il-central-1 uaenorth qatarcentral israelcentral",
} as const;

describe("a region", () => {
  it.each(Object.entries(IN))(
    "is in the jurisdiction %s by how its name begins",
    (name, regions) => {
      for (const region of regions.split(" ")) {
        expect(placementOf(region), region).toEqual({ jurisdiction: name, location_hint: null });
      }
    },
  );

  it.each(Object.entries(NEAR))(
    "of another continent is the hint %s, and no promise",
    (name, regions) => {
      for (const region of regions.split(" ")) {
        expect(placementOf(region), region).toEqual({ jurisdiction: null, location_hint: name });
      }
    },
  );

  it("may be left to the platform", () => {
    for (const region of ["auto", "global", "local"]) {
      expect(placementOf(region)).toEqual({ jurisdiction: null, location_hint: null });
    }
  });

  it("that is the name of no place is none", () => {
    const nowhere =
      "atlantis mars-1 eureka euphoria user usher moon-base x 1 - eu- -eu .. westatlantis nowhereus us! useast1 meadow apple cable sahara";
    for (const region of ["", " ", "eu west", ...nowhere.split(" ")]) {
      expect(placementOf(region), region).toBeNull();
    }
  });

  it("is told for every hint that the platform has", () => {
    expect(Object.keys(NEAR).sort()).toEqual([...LOCATION_HINTS].sort());
  });
});
