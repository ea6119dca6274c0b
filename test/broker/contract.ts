import { beforeAll, describe } from '@jest/globals';
import { claims } from './contract-claims.js';
import { closing } from './contract-closing.js';
import { envelopes } from './contract-envelopes.js';
import { extensions } from './contract-extensions.js';
import { type ContractEnv, usePages } from './contract-kit.js';
import { leases } from './contract-leases.js';
import { model } from './contract-model.js';
import { pausing } from './contract-pausing.js';
import { poison } from './contract-poison.js';
import { results } from './contract-results.js';
import { settlements } from './contract-settlements.js';
import { storage } from './contract-storage.js';
import { wakes } from './contract-wakes.js';

export interface ContractOptions {
  /** How many random histories the model test tries: few where time really passes. */
  modelRuns: number;
  /** Whether messages that are added together have ids of one page. */
  pages?: boolean;
}

/**
 * What every broker must do, through the port only. Each test makes an environment of its own, with an open broker and
 * a queue that nobody used before.
 */
export function brokerContract(
  name: string,
  make: () => Promise<ContractEnv>,
  { modelRuns, pages = false }: ContractOptions = { modelRuns: 100 },
): void {
  describe(`broker contract: ${name}`, () => {
    beforeAll(() => usePages(pages));
    claims(make);
    settlements(make);
    leases(make);
    extensions(make);
    poison(make);
    pausing(make);
    wakes(make);
    storage(make);
    results(make);
    envelopes(make);
    closing(make);
    model(make, modelRuns);
  });
}
