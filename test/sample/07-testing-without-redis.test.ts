import { expect, test } from '@jest/globals';
import { startEntry } from './sample-process.js';

const SAMPLE = '07-testing-without-redis';
// It builds the sample, if need be.
const BUILDING = 120_000;

test(
  'the tests of sample 07 pass where no Redis is',
  async () => {
    const { code, stdout } = await startEntry(SAMPLE, 'sign-ups.test', [], {
      // The tests are to be told apart from jest, and nobody listens there.
      NODE_TEST_CONTEXT: undefined,
      REDIS_URL: 'redis://127.0.0.1:1',
    }).ended;
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^. fail 0$/m) });
    expect(stdout).toMatch(/^. pass 6$/m);
  },
  BUILDING,
);
