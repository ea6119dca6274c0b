import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from '@jest/globals';
import { amap, runAll, runAny, runOnEach } from '../../lib/flow/index.js';
import { turn } from '../pool/signals.js';
import { collect, upTo } from './kit.js';

const storage = new AsyncLocalStorage<string>();

describe('a task runs in the async context of the caller', () => {
  const look = async (): Promise<string | undefined> => {
    await turn(1);
    return storage.getStore();
  };
  const all = (value: string, count: number): string[] => Array.from({ length: count }, () => value);

  test('of runOnEach, runAll and runAny, however late it starts', async () => {
    const limits = { maxAtOnce: 2, maxPerSecond: 500, burst: 3 };
    const seen: (string | undefined)[] = [];
    await storage.run('caller', () => runOnEach(async () => seen.push(await look()), upTo(8), limits));
    expect(seen).toEqual(all('caller', 8));
    expect(
      await storage.run('caller', () =>
        runAll(
          upTo(8).map(() => look),
          limits,
        ),
      ),
    ).toEqual(all('caller', 8));
    expect(await storage.run('caller', () => runAny([look]))).toBe('caller');
  });

  test('of amap, whoever takes the results', async () => {
    const results = storage.run('caller', () => amap(look, upTo(20), { maxAtOnce: 2 }));
    expect(await storage.run('reader', () => collect(results))).toEqual(all('caller', 20));
  });

  test('also after the event loop had its turn, and with plain functions', async () => {
    const results = storage.run('caller', () =>
      amap(() => storage.getStore(), upTo(3_000), { maxAtOnce: 2 }),
    );
    expect(await storage.run('reader', () => collect(results))).toEqual(all('caller', 3_000));
  });

  test('and what one task enters does not reach the next', async () => {
    const enter = async (i: number): Promise<string | undefined> => {
      const before = storage.getStore();
      storage.enterWith(`task ${i}`);
      await turn(1);
      expect(storage.getStore()).toBe(`task ${i}`);
      return before;
    };
    const results = storage.run('caller', () => amap(enter, upTo(20), { maxAtOnce: 3 }));
    expect(await collect(results)).toEqual(all('caller', 20));
  });
});
