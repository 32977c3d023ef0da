/**
 * The secrets that every lake's own key is wrapped under. While they rotate there are two: the
 * present one, under which keys are wrapped, and the one before, which still opens those that have
 * not been wrapped anew. What must not be used is as good as none: nothing opens then.
 */

/** The root secret of local development: refused everywhere else. */
export const DEVELOPMENT_ROOT_SECRET = "lethe-development-root-secret-do-not-deploy";

/** Shorter secrets are refused. */
export const MIN_ROOT_SECRET_LENGTH = 32;

export interface RootSecrets {
  /** Empty when there is none that may be used. */
  readonly present: string;
  readonly previous: string | null;
}

/** Settings as the environment has them; undefined and empty are both "not set". */
export interface SecretVariables {
  readonly root_secret: string | undefined;
  readonly root_secret_previous: string | undefined;
  /** Whether files are at a real account's: then this is no local configuration. */
  readonly deployed: boolean;
}

export const rootSecrets = (variables: SecretVariables): RootSecrets => {
  const faults = secretFaults(variables);
  const unusable = faults.everywhere ?? (variables.deployed ? faults.elsewhere : null);
  if (unusable !== null) return { present: "", previous: null };
  return {
    present: variables.root_secret ?? "",
    previous: variables.root_secret_previous || null,
  };
};

/** Why nobody is served, or nobody from elsewhere than the machine itself; null when it is well. */
export const secretFaults = ({
  root_secret,
  root_secret_previous,
}: Omit<SecretVariables, "deployed">) => ({
  everywhere: presentFault(root_secret) ?? previousFault(root_secret_previous, root_secret),
  elsewhere: developmentFault("ROOT_SECRET", root_secret),
});

const presentFault = (secret: string | undefined): string | null => {
  if (!secret) {
    return "ROOT_SECRET is not set: `wrangler secret put ROOT_SECRET` with a random value of 32 characters or more.";
  }
  return lengthFault("ROOT_SECRET", secret);
};

const previousFault = (secret: string | undefined, present: string | undefined): string | null => {
  if (!secret) return null;
  if (secret === present) {
    return "ROOT_SECRET_PREVIOUS is the same as ROOT_SECRET: it is the one from before.";
  }
  return lengthFault("ROOT_SECRET_PREVIOUS", secret);
};

const lengthFault = (name: string, secret: string): string | null =>
  secret.length >= MIN_ROOT_SECRET_LENGTH
    ? null
    : `${name} has ${secret.length} characters: it needs ${MIN_ROOT_SECRET_LENGTH} or more.`;

const developmentFault = (name: string, secret: string | undefined): string | null =>
  secret === DEVELOPMENT_ROOT_SECRET
    ? `${name} is the development default: set a secret of your own.`
    : null;
