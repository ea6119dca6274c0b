import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AsyncPoolExecutor } from '../../dist/executor/index.js';
import { fixture, thrownBy, workExecutor, type Work } from './kit.js';

let executor: AsyncPoolExecutor<Work>;
beforeAll(() => void (executor = workExecutor({ size: 2 })));
afterAll(() => executor.shutdown());

const failure = (kind: string): Error => thrownBy(() => executor.submit('throws', kind).result());

describe('an error of a function', () => {
  test('keeps class name, message, stack, code and causes', () => {
    const error = thrownBy(() => executor.submit('fail', 'gone').result()) as Error & { code: string };
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.constructor.name, error.message, error.code]).toEqual([
      'NotFound',
      'NotFound',
      'gone',
      'NOT_FOUND',
    ]);
    expect(error.stack).toMatch(/^Error: gone\n.*at fail \(.*work\.mjs:\d+:\d+\)/);
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(error.cause).toMatchObject({ name: 'TypeError', message: 'inner', cause: 'innermost' });
    expect(Object.keys(error)).toEqual(['code']);
    expect(inspect(error)).toContain('[cause]: TypeError: inner');
  });

  test('is an instance of its built-in class', () => {
    expect(failure('range')).toBeInstanceOf(RangeError);
    expect(failure('foreign')).toBeInstanceOf(RangeError);
    const abort = failure('abort');
    expect([abort.name, abort.message, abort.constructor.name]).toEqual([
      'AbortError',
      'stop',
      'DOMException',
    ]);
  });

  test('an AggregateError keeps its errors', () => {
    const error = failure('aggregate') as AggregateError;
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors).toEqual([expect.objectContaining({ name: 'NotFound', message: 'a' }), 'b']);
  });

  test('an AggregateError loses only what cannot be read', () => {
    expect((failure('aggregateGetter') as AggregateError).errors).toEqual([
      'readable',
      'a value that cannot be shown',
    ]);
  });

  test.each([
    ['deepAggregate', (error: AggregateError) => error.errors[0] as unknown],
    ['deepCause', (error: Error) => error.cause],
  ])('keeps ten thousand levels: %s', (kind, inner) => {
    let error = failure(kind) as AggregateError;
    for (let level = 9_999; level > 0; level--) {
      if (error.message !== `level ${level}`) throw error;
      error = inner(error) as AggregateError;
    }
    expect(error.message).toBe('innermost');
  });

  test('cuts off a chain that is longer, or has no end', () => {
    expect(failure('tooDeepCause').message).toBe('level 19999');
    expect(failure('endless').message).toBe('endless');
  });

  test.each([
    ['invalidList', ['name', expect.any(TypeError)]],
    ['invalidMap', { name: 'is required' }],
  ])('keeps a property called errors: %s', (kind, errors) => {
    const error = failure(kind);
    expect(error).toMatchObject({ name: 'NotFound', errors });
    expect(Object.keys(error)).toEqual(expect.arrayContaining(['code', 'errors']));
  });

  test('causes may form a circle', () => {
    const error = failure('circle');
    expect((error.cause as Error).cause).toBe(error);
  });

  test('keeps the properties that can be cloned', () => {
    const error = failure('properties');
    expect(Object.entries(error)).toEqual([
      ['status', 404],
      ['list', [1]],
      ['inner', expect.any(TypeError)],
    ]);
  });

  test.each([
    ['text', 'just text'],
    ['object', { reason: 7 }],
    ['nothing', undefined],
    ['oneShot', { body: 'the body' }],
  ])('what is thrown may be anything: %s', (kind, value) => {
    expect(failure(kind)).toEqual(value);
  });

  test('what cannot be cloned is described', () => {
    expect(failure('function')).toMatchObject({
      code: 'NB_EXECUTOR_CLONE',
      message: expect.stringMatching(/'throws' threw what can't be cloned: \[Function/),
    });
    expect(failure('hostile')).toBeInstanceOf(Error);
  });
});

describe('what cannot travel', () => {
  test('an argument: at submit, by its function and its place, from 1', () => {
    for (const submit of [
      () => executor.submit('echo', 1, () => 1),
      () => executor.trySubmit('echo', 1, Symbol('s')),
    ]) {
      expect(thrownBy(submit)).toMatchObject({
        name: 'ExecutorCloneError',
        code: 'NB_EXECUTOR_CLONE',
        message: expect.stringContaining("argument 2 of 'echo' can't be cloned"),
        cause: expect.objectContaining({ name: 'DataCloneError' }),
      });
    }
    // Nothing is counted that was refused.
    expect(executor.stats()).toMatchObject({ running: 0, waiting: 0 });
    expect(executor.submit('echo', 5).result()).toEqual([5]);
  });

  test.each([
    ['nothing that has a text', Object.create(null)],
    ['a message that is none', Object.assign(new Error(), { message: Symbol('m') })],
  ])('an argument whose getter throws %s', (_, thrown) => {
    const argument = {
      get value(): unknown {
        throw thrown;
      },
    };
    expect(thrownBy(() => executor.submit('echo', argument))).toMatchObject({ code: 'NB_EXECUTOR_CLONE' });
  });

  test.each(['uncloneable', 'hostileResult'] as const)('a result: through the future (%s)', (name) => {
    expect(thrownBy(() => executor.submit(name).result())).toMatchObject({
      code: 'NB_EXECUTOR_CLONE',
      message: expect.stringContaining(`'${name}' ended, but its result can't be cloned`),
    });
  });
});

describe('functions', () => {
  test.each([
    ['ad', /has no export 'ad'; did you mean 'add'\?/],
    ['notAFunction', /exports 'notAFunction' as a number, not as a function/],
    ['toString', /has no export 'toString'/],
    ['__proto__', /has no export '__proto__'/],
    ['then', /has no export 'then'/],
  ])('that do not exist: %s', (name, message) => {
    expect(thrownBy(() => executor.submit(name as 'add', 1, 2).result())).toMatchObject({
      code: 'NB_EXECUTOR_FUNCTION',
      message: expect.stringMatching(message),
    });
  });

  test.each([undefined, 7, ''])('the name %p is refused at once', (name) => {
    expect(() => executor.submit(name as unknown as 'add', 1, 2)).toThrow(
      /function's name must be a non-empty string/,
    );
  });
});

describe('modules', () => {
  const load = (url: URL | string): Error & { cause?: Error } => {
    using broken = AsyncPoolExecutor.forModule(url, { onError: () => {} });
    const first = thrownBy(() => broken.submit('add', 1, 2).result());
    // It stays so, and nothing hangs.
    expect(thrownBy(() => broken.submit('add', 1, 2).result())).toMatchObject({ code: 'NB_EXECUTOR_MODULE' });
    return first as Error & { cause?: Error };
  };

  test('that throw on import', () => {
    const error = load(fixture('throws-on-import.mjs'));
    expect(error).toMatchObject({ name: 'ExecutorModuleError', code: 'NB_EXECUTOR_MODULE' });
    expect(error.message).toMatch(/throws-on-import\.mjs could not be loaded: RangeError: not today/);
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(error.cause?.cause).toMatchObject({ message: 'why' });
  });

  test('that do not exist', () => {
    const error = load(fixture('nowhere.mjs'));
    expect(error.cause).toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' });
    expect(error.message).toMatch(/Cannot find module '.*nowhere\.mjs'$/);
  });

  test('that end their thread, or never load', () => {
    expect(load(fixture('exits-on-import.mjs')).message).toMatch(
      /its thread ended meanwhile, with exit code 4/,
    );
    expect(load(fixture('never-loads.mjs')).message).toMatch(/its thread ended meanwhile, with exit code 13/);
  });

  test('by URL, its text, an absolute path, a data: URL', () => {
    const data = 'data:text/javascript,export const add = (a, b) => a + b + 10';
    for (const url of [fixture('work.mjs'), fixture('work.mjs').href, fixture('work.mjs').pathname, data]) {
      using each = AsyncPoolExecutor.forModule<Work>(url);
      expect(each.submit('add', 1, 2).result() % 10).toBe(3);
    }
  });

  test('also one of Node, and a CommonJS one whose exports Node cannot see', () => {
    using path = AsyncPoolExecutor.forModule<typeof import('node:path')>('node:path');
    expect(path.submit('basename', '/a/b').result()).toBe('b');
    using common = AsyncPoolExecutor.forModule<{ work(x: number): number }>(fixture('hidden-exports.cjs'));
    expect(common.submit('work', 1).result()).toBe(2);
    expect(thrownBy(() => common.submit('wrok' as 'work', 1).result()).message).toMatch(
      /did you mean 'work'/,
    );
    expect(thrownBy(() => common.submit('toString' as 'work', 1).result()).message).toMatch(/has no export/);
  });

  test('not by new', () => {
    const Class = AsyncPoolExecutor as unknown as new (size: number) => unknown;
    expect(() => new Class(3)).toThrow(/not made by new, but by AsyncPoolExecutor\.forModule/);
  });

  test.each(['./work.js', 'lodash', '', 'http://localhost/work.js', 7, undefined])('not by %p', (url) => {
    expect(() => AsyncPoolExecutor.forModule(url as string)).toThrow(
      /write new URL\('\.\/work\.js', import\.meta\.url\)/,
    );
  });
});

describe('options', () => {
  test.each([
    [{ sise: 3 }, /no option 'sise'; did you mean 'size'\?/],
    [{ size: 0 }, /'size' must be a whole number of at least 1, but was 0/],
    [{ maxQueueSize: -1 }, /'maxQueueSize' must be/],
    [{ threads: 0 }, /'threads' must be/],
    [{ size: 2, threads: 3 }, /at least the number of threads, but was 2 with 3/],
    [{ onError: 5 }, /'onError' must be a function/],
    [{ name: '' }, /'name' must be/],
    [null, /options must be an object/],
  ])('%p is refused', (options, message) => {
    expect(() => workExecutor(options as object)).toThrow(message);
  });

  test('of shutdown too', () => {
    expect(() => executor.shutdown({ wait: 1 } as object)).toThrow(/'wait' must be true or false/);
    expect(executor.stats().closed).toBe(false);
  });
});
