import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

// In processes of their own: Jest has an AsyncLocalStorage in use, which slows down every promise, and its heap moves.
const flow = new URL('../../dist/flow/index.js', import.meta.url).href;

/** The live heap in MB, noted as the script goes. */
function heapOf(script: string): number[] {
  const prelude = `
    import { amap, runOnEach } from ${JSON.stringify(flow)};
    function* numbers(count) { for (let i = 0; i < count; i++) yield i; }
    const heap = [];
    const note = () => { gc(); heap.push(process.memoryUsage().heapUsed / 2 ** 20); };
  `;
  const args = [
    '--expose-gc',
    '--input-type=module',
    '-e',
    `${prelude} ${script} console.log(JSON.stringify(heap));`,
  ];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as number[];
}

/** Beside the first note, which code that is still being compiled may make smaller. */
const growth = (heap: number[]): number => Math.max(...heap.slice(1)) - heap[1]!;

test.each([false, true])(
  'ten million items of a generator in flat memory, ordered: %s',
  (ordered) => {
    const heap = heapOf(`
      let sum = 0;
      for await (const each of amap(async (i) => i, numbers(10_000_000), { ordered: ${ordered} })) {
        sum += each;
        if (each % 1_000_000 === 0) note();
      }
      if (sum !== 10_000_000 * 9_999_999 / 2) throw new Error('lost items: ' + sum);
    `);
    expect(heap).toHaveLength(10);
    expect(growth(heap)).toBeLessThan(2);
  },
  120_000,
);

test('flat too where tasks look at their signals, the call has one, and there is a rate', () => {
  const heap = heapOf(`
    const { signal } = new AbortController();
    await runOnEach(async (i, context) => {
      if (context.signal.aborted) throw new Error('aborted');
      if (i % 20_000 === 0) note();
    }, numbers(100_000), { signal, maxPerSecond: 1_000_000, burst: 1_000 });
  `);
  expect(heap).toHaveLength(5);
  expect(growth(heap)).toBeLessThan(2);
}, 120_000);
