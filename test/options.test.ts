import { describe, expect, test } from '@jest/globals';
import { check, checkOptions, didYouMean, integer, longTime, milliseconds } from '../lib/options.js';

describe('a message says what is counted', () => {
  test.each([
    [integer(1), 0, 'a whole number of at least 1, but was 0 (number)'],
    [integer(1, 9), '5', 'a whole number from 1 to 9, but was "5" (string)'],
    [milliseconds(1), 0.5, 'a whole number from 1 to 2147483647 milliseconds, but was 0.5 (number)'],
    [longTime(0), -1, 'a whole number of at least 0 milliseconds, but was -1 (number)'],
  ])('%# %p', (rule, value, message) => {
    expect(() => check('owner', 'it', value, rule)).toThrow(`owner: it must be ${message}.`);
  });

  test('a time that a timer cannot wait for is allowed where none does', () => {
    expect(milliseconds(1)(2 ** 31)).toMatch('milliseconds');
    expect(longTime(1)(2 ** 31)).toBeUndefined();
  });
});

describe('who comes from Python', () => {
  test.each([
    ['max_concurrency', 'maxConcurrency'],
    ['max_queue_size', 'maxQueueSize'],
    ['max_at_once', 'maxAtOnce'],
    ['max_per_second', 'maxPerSecond'],
    ['max_per_secnd', 'maxPerSecond'],
    ['redis_url', 'redis'],
  ])('writes %s and is told %s', (name, near) => {
    const known = ['maxConcurrency', 'maxQueueSize', 'maxAtOnce', 'maxPerSecond', 'redis'];
    const rules = Object.fromEntries(known.map((each) => [each, integer(0)]));
    expect(() => checkOptions('owner', { [name]: 1 }, rules)).toThrow(`; did you mean '${near}'?`);
  });

  test('and names with underscores of their own are still found', () => {
    expect(didYouMean('my_mail', ['reports', 'my_mails'])).toBe("; did you mean 'my_mails'?");
    expect(didYouMean('__', ['reports', 'my_mails'])).toBe('.');
  });
});
