import { describe, expect, test } from '@jest/globals';
import * as fc from '../fast-check.js';
import { InvalidOptionError, UnknownOptionError } from '../../lib/errors.js';
import { refusalDelay, refusedFor, retryDelay, DEFAULT_RETRY } from '../../lib/queue/retry-policy.js';
import { checkTaskOptions, resolveTask, type TaskOptions } from '../../lib/queue/task-options.js';

const checkOne = (options: object) => () => checkTaskOptions('Mail.send', options as TaskOptions);

describe('checkTaskOptions', () => {
  test.each<[object, string]>([
    [
      { queue: '' },
      `option 'queue' must be a string of 1 to 200 characters without braces, but was "" (string)`,
    ],
    [
      { queue: 7 },
      `option 'queue' must be a string of 1 to 200 characters without braces, but was 7 (number)`,
    ],
    [{ queue: 'a{b}' }, 'without braces, but was "a{b}" (string)'],
    [{ queue: 'x'.repeat(201) }, '1 to 200 characters'],
    [{}, "option 'queue' must be"],
    [
      { queue: 'q', maxConcurrency: 0 },
      "option 'maxConcurrency' must be a whole number of at least 1, but was 0 (number)",
    ],
    [{ queue: 'q', maxConcurrency: -1 }, 'but was -1 (number)'],
    [{ queue: 'q', maxConcurrency: 1.5 }, 'but was 1.5 (number)'],
    [{ queue: 'q', maxConcurrency: NaN }, 'but was NaN (number)'],
    [{ queue: 'q', maxConcurrency: '10' }, 'but was "10" (string)'],
    [{ queue: 'q', lease: 10 }, "option 'lease' must be a whole number from 100 to 2147483647"],
    [{ queue: 'q', codec: 'xml' }, "option 'codec' must be 'json', 'v8', or a codec"],
    [{ queue: 'q', codec: { name: 'json', encode() {}, decode() {} } }, 'with a name of its own'],
    [
      { queue: 'q', retry: { maxAttempts: 0 } },
      "option 'retry': option 'maxAttempts' must be a whole number",
    ],
    [{ queue: 'q', retry: { backoff: 'linear' } }, "must be 'exponential' or 'fixed'"],
  ])('%j', (options, message) => {
    expect(checkOne(options)).toThrow(InvalidOptionError);
    expect(checkOne(options)).toThrow(message);
    expect(checkOne(options)).toThrow(/^Mail\.send/);
  });

  test('an unknown option names the near one', () => {
    expect(checkOne({ queue: 'q', maxConcurency: 5 })).toThrow(UnknownOptionError);
    expect(checkOne({ queue: 'q', maxConcurency: 5 })).toThrow(
      "no option 'maxConcurency'; did you mean 'maxConcurrency'?",
    );
    expect(checkOne({ queue: 'q', retry: { maxAttempt: 5 } })).toThrow("did you mean 'maxAttempts'?");
    expect(checkOne({ queue: 'q', zzzzzzzz: 5 })).not.toThrow('did you mean');
  });

  test('undefined means not given', () => {
    expect(checkOne({ queue: 'q', maxConcurrency: undefined })).not.toThrow();
  });
});

describe('resolveTask', () => {
  test('fills gaps with the defaults given, then with ours', () => {
    const settings = resolveTask({ queue: 'q', retry: { delay: 5 }, lease: undefined }, 'send', {
      lease: 2_000,
      retry: { delay: 7, maxAttempts: 2 },
    });
    expect(settings).toMatchObject({
      queue: 'q',
      name: 'send',
      consumer: {
        maxConcurrency: 50,
        readAhead: 1_000,
        lease: 2_000,
        maxCrashes: 3,
        unknownTaskTimeout: 3_600_000,
        context: true,
      },
      retry: { maxAttempts: 2, delay: 5, maxDelay: 3_600_000, backoff: 'exponential', jitter: 'full' },
      codec: { name: 'json' },
      maxPayloadBytes: 1_048_576,
    });
  });
});

describe('retryDelay', () => {
  test('doubles, up to the longest', () => {
    const retry = { ...DEFAULT_RETRY, maxAttempts: 20, delay: 100, maxDelay: 1_000, jitter: 'none' as const };
    expect([1, 2, 3, 4, 5, 19].map((failures) => retryDelay(retry, failures))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(retryDelay(retry, 20)).toBeUndefined();
    expect(retryDelay({ ...retry, backoff: 'fixed' }, 3)).toBe(100);
  });

  test('full jitter is anywhere between nothing and the delay', () => {
    expect(retryDelay(DEFAULT_RETRY, 1, () => 0)).toBe(0);
    expect(retryDelay(DEFAULT_RETRY, 2, () => 0.5)).toBe(1_000);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          const delay = retryDelay({ ...DEFAULT_RETRY, maxAttempts: 100 }, failures, () => random);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(DEFAULT_RETRY.maxDelay);
        },
      ),
    );
  });
});

test('a refused message comes back less and less often, up to once a minute', () => {
  expect([0, 1, 2, 5, 6, 50].map(refusalDelay)).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  expect([0, 1, 2, 6, 7, 8].map(refusedFor)).toEqual([0, 1_000, 3_000, 63_000, 123_000, 183_000]);
});
