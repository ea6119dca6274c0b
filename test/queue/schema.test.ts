import { describe, expect, test } from '@jest/globals';
import { ArgumentsSchema } from '../../lib/queue/schema.js';
import { textWithout } from '../../lib/queue/redaction.js';
import { TaskSchemaError } from '../../lib/queue/errors.js';

describe('a message without the value', () => {
  test.each([
    ['Expected number but received "top secret"', 'top secret', 'Expected number but received "…"'],
    ['must be an email (was "A.B+c")', ' a.b+c ', 'must be an email (was "…")'],
    ['at least 1003, received 3', 3, 'at least 1003, received …'],
    ['Expected a string', 7, 'Expected a string'],
    ['Expected a string', '', 'Expected a string'],
    ['Expected an object', { a: 1 }, 'Expected an object'],
    [`received ${'x'.repeat(300_000)}!`, 'x'.repeat(300_000), 'received …'],
    ['too long', 'x'.repeat(300_000), 'too long'],
  ])('%#', (message, value, expected) => {
    expect(textWithout(message, value)).toBe(expected);
  });
});

describe('ArgumentsSchema', () => {
  const failing = (count: number) =>
    new ArgumentsSchema(
      {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: () => ({
            issues: Array.from({ length: count }, (_, i) => ({
              message: 'wrong',
              path: [{ key: 0 }, 'list', i, 'weird key', Symbol('s')],
            })),
          }),
        },
      },
      'work',
      'q',
    );

  test('lists at most ten issues, and keeps them all', () => {
    const error = (() => {
      try {
        return failing(12).validate([{ list: new Map([[0, {}]]) }]);
      } catch (caught) {
        return caught as TaskSchemaError;
      }
    })() as TaskSchemaError;
    expect(error).toBeInstanceOf(TaskSchemaError);
    expect(error.issues).toHaveLength(12);
    expect(error.message).toMatch(/: \[0\]\.list\[0\]\.weird key\[Symbol\(s\)\]: wrong; /);
    expect(error.message).toMatch(/; and 2 more$/);
    expect(error.message.match(/wrong/g)).toHaveLength(10);
  });

  test('a violation of the whole list has a place, too', () => {
    const schema = new ArgumentsSchema(
      {
        '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'too short' }] }) },
      },
      'work',
      'q',
    );
    expect(() => schema.validate([])).toThrow('do not fit its schema: the arguments: too short');
  });

  test('what one schema throws leaves no rejection of another behind', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): unknown => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const throwing = (error: string, isLate: boolean) => ({
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: () => {
          if (isLate) return Promise.reject(new Error(error));
          throw new Error(error);
        },
      },
    });
    const schema = new ArgumentsSchema([throwing('late', true), throwing('at once', false)], 'work', 'q');
    await expect(schema.validate([])).rejects.toThrow('late');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });
});
