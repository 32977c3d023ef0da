import { describe, expect, it } from "vitest";
import {
  DEVELOPMENT_ROOT_SECRET,
  MIN_ROOT_SECRET_LENGTH,
  rootSecrets,
  type SecretVariables,
  secretFaults,
} from "../../src/application/rootSecrets.ts";

const OWN = "x".repeat(MIN_ROOT_SECRET_LENGTH);
const BEFORE = "y".repeat(MIN_ROOT_SECRET_LENGTH);
const SHORT = "z".repeat(MIN_ROOT_SECRET_LENGTH - 1);
const NONE = { present: "", previous: null };

const variables = (more: Partial<SecretVariables>): SecretVariables => ({
  root_secret: OWN,
  root_secret_previous: undefined,
  deployed: true,
  ...more,
});

describe("the root secrets", () => {
  it("are the present one and, while it rotates, the one before", () => {
    expect(rootSecrets(variables({}))).toEqual({ present: OWN, previous: null });
    expect(rootSecrets(variables({ root_secret_previous: "" }))).toEqual({
      present: OWN,
      previous: null,
    });
    expect(rootSecrets(variables({ root_secret_previous: BEFORE }))).toEqual({
      present: OWN,
      previous: BEFORE,
    });
  });

  it("open nothing with a present one that is missing or too short, whatever was before", () => {
    for (const root_secret of [undefined, "", SHORT]) {
      for (const root_secret_previous of [undefined, BEFORE]) {
        expect(rootSecrets(variables({ root_secret, root_secret_previous }))).toEqual(NONE);
      }
    }
  });

  it("open nothing with one before that is too short, or the same", () => {
    for (const root_secret_previous of [SHORT, OWN]) {
      expect(rootSecrets(variables({ root_secret_previous }))).toEqual(NONE);
      const { everywhere } = secretFaults(variables({ root_secret_previous }));
      expect(everywhere).toMatch(/^ROOT_SECRET_PREVIOUS /);
      expect(everywhere).not.toContain(root_secret_previous);
    }
  });

  it("are no development default where files are at a real account's", () => {
    const root_secret = DEVELOPMENT_ROOT_SECRET;
    expect(rootSecrets(variables({ root_secret }))).toEqual(NONE);
    expect(rootSecrets(variables({ root_secret, deployed: false })).present).toBe(root_secret);
  });
});
