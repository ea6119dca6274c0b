import { describe, expect, test } from '@jest/globals';
import { check, integer, longTime, milliseconds } from '../lib/options.js';

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
