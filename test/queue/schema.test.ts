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
    // As JSON writes it.
    ['must be an email (was "my \\"secret\\" pass")', 'my "secret" pass', 'must be an email (was "…")'],
    ['was "line1\\nsecret"', 'line1\nsecret', 'was "…"'],
    // What an object holds, however deep.
    ['was {"user":{"pass":["hunter2"]}}', { user: { pass: ['hunter2'] } }, 'was {"user":{"pass":["…"]}}'],
    ['was {"card":4111111111111111}', { card: 4_111_111_111_111_111 }, 'was {"card":…}'],
    ['was Map hunter2, Set hunter3', new Map([['a', new Set(['hunter2', 'hunter3'])]]), 'was Map …, Set …'],
    ['was ["ann.lee","ann.lee@home.org"]', ['ann.lee', 'ann.lee@home.org'], 'was ["…","…"]'],
    // Short ones in an object may be words of the message.
    ['one of "a" or "b", was {"k":"a"}', { k: 'a' }, 'one of "a" or "b", was {"k":"a"}'],
  ])('%#', (message, value, expected) => {
    expect(textWithout(message, value)).toBe(expected);
  });
});

test('an object that holds itself, or very much, is looked through in no time', () => {
  const ring: unknown[] = ['hunter2'];
  for (let i = 0; i < 100; i++) ring.push(ring, [ring]);
  expect(textWithout('was hunter2', ring)).toBe('was …');
  expect(textWithout('was hunter2', ['hunter2', ...Array(1_000_000).keys()])).toBe('was …');
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

  test("a path of a library's own kind of list, as that of arktype: the value is found all the same", async () => {
    class Path extends Array<PropertyKey> {
      // A number is a key here, not a length.
      constructor(...keys: PropertyKey[]) {
        super();
        this.push(...keys);
      }
    }
    const quoting = (...keys: PropertyKey[]) => {
      const issues = [{ message: 'must be an email (was "canary")', path: new Path(...keys) }];
      return { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } } as const;
    };
    for (const [schema, value, path] of [
      [quoting(), 'canary', [0]],
      [quoting('to'), { to: 'canary' }, [0, 'to']],
      [quoting('to', 1), { to: ['', 'canary'] }, [0, 'to', 1]],
    ] as const) {
      expect(() => new ArgumentsSchema([schema], 'work', 'q').validate([value])).toThrow(
        expect.objectContaining({ issues: [{ path, message: 'must be an email (was "…")' }] }),
      );
    }
  });

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
