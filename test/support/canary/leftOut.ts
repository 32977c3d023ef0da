/** Steps of an erasure that can be left out, by the lake that leaves them out. */

export interface LeftOut {
  /** Entrances through which the canary comes into that lake, by their names. */
  readonly through: readonly string[];
  /** Objects that are not deleted. */
  readonly keeps: RegExp | null;
  /** Where the canary must be found afterwards. */
  readonly found: RegExp;
}

const CSV = "CSV, published with the column as it is";

export const LEFT_OUT = {
  "without-raw": {
    through: [CSV],
    keeps: /\/batches\/[^/]+\/\d+\/raw\/[^.]+\.csv$/,
    found: /\/raw\//,
  },
  "without-clean": { through: [CSV], keeps: /\/clean\//, found: /\/clean\// },
  "without-published": {
    through: [CSV],
    keeps: /\/published\/.*\.parquet$/,
    found: /\/published\//,
  },
  "without-export": {
    through: [CSV],
    keeps: /\/published\/.*\.csv$/,
    found: /\/published\/.*\.csv$/,
  },
  "without-rejected-rows": {
    through: ["rows in quarantine"],
    keeps: /\/quarantine\//,
    found: /\/quarantine\//,
  },
  "without-misfits": {
    through: ["a file that fits no schema"],
    keeps: /\/batches\/[^/]+\/\d+\/raw\/[^.]+\.csv$/,
    found: /\/raw\//,
  },
  "without-encrypted": {
    through: ["an encrypted dataset"],
    keeps: /\/(?:raw|clean)\/|\/published\//,
    found: /, unsealed/,
  },
  "without-taken-uploads": { through: [CSV], keeps: /\/landing\//, found: /\/landing\/csv\.csv/ },
  "without-forgotten-uploads": {
    through: ["an upload that nobody has appended"],
    keeps: /\/landing\//,
    found: /\/landing\/forgotten\.csv/,
  },
  "without-subject-access": {
    through: [CSV, "a request for access"],
    keeps: /\/subject-access\//,
    found: /\/subject-access\/.*, unsealed/,
  },
  "without-key-destruction": {
    through: [],
    keeps: /\/custody\//,
    found: /^deletion\/.*, unsealed/,
  },
  "without-look-up": { through: [CSV], keeps: null, found: /\/raw\// },
} as const satisfies Readonly<Record<string, LeftOut>>;
