import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { BrokerClosedError, SubmitTimeoutError, SubmitUnknownError } from '../../lib/queue/errors.js';
import type { NewMessage } from '../../lib/queue/broker.js';
import { SubmitBatcher } from '../../lib/queue/submit-batcher.js';
import { SubmitGroup } from '../../lib/queue/submit-group.js';

/** Many at once, as `submitMany` does it. */
function groupOf(texts: readonly string[]): SubmitGroup {
  const group = new SubmitGroup();
  for (const text of texts) group.add(group.nextId(), text);
  return group;
}

/** A broker whose calls end when the test says so. */
function setup(limits: Partial<{ count: number; bytes: number; timeout: number }> = {}) {
  const calls: { ids: string[]; texts: string[]; end: (error?: Error) => void }[] = [];
  let heard: (() => void) | undefined;
  const send = (batch: readonly NewMessage[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const ids = batch.map(({ id }) => id);
      const texts = batch.map(({ envelope }) => envelope);
      calls.push({ ids, texts, end: (error) => (error ? reject(error) : resolve()) });
      heard?.();
    });
  const nextCall = async (n: number) => {
    while (calls.length < n) await new Promise<void>((resolve) => (heard = resolve));
    return calls[n - 1] as (typeof calls)[number];
  };
  const batcher = new SubmitBatcher('q', send, {
    count: 1_000,
    bytes: 1_000_000,
    timeout: 10_000,
    ...limits,
  });
  const submit = (text: string) => batcher.submit(batcher.nextId(), text);
  return { batcher, submit, calls, nextCall };
}

afterEach(() => {
  jest.useRealTimers();
});

describe('SubmitBatcher', () => {
  test('submits of one tick travel together, in order', async () => {
    const { submit, calls, nextCall } = setup();
    const submits = ['a', 'b', 'c'].map(submit);
    (await nextCall(1)).end();
    await Promise.all(submits);
    expect(calls.map((call) => call.texts)).toEqual([['a', 'b', 'c']]);
  });

  test('one call at a time: what comes meanwhile is the next batch', async () => {
    const { submit, calls, nextCall } = setup();
    const first = submit('a');
    const call = await nextCall(1);
    const rest = [submit('b'), submit('c')];
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toHaveLength(1);
    call.end();
    await first;
    (await nextCall(2)).end();
    await Promise.all(rest);
    expect(calls[1]?.texts).toEqual(['b', 'c']);
  });

  test('a second call is under way only when it is large', async () => {
    const { batcher, submit, calls, nextCall } = setup({ count: 10_000 });
    const many = (n: number) => groupOf(Array.from({ length: 500 }, (_, i) => `${n}-${i}`));
    const submits = [1, 2, 3].map((n) => batcher.submitGroup(many(n)));
    submits.push(submit('small'));
    // At once, without waiting for the end of the tick; the third waits for an answer.
    expect(calls.map((call) => call.texts[0])).toEqual(['1-0', '2-0']);
    calls[0]?.end();
    await submits[0];
    expect((await nextCall(3)).texts[0]).toBe('3-0');
    calls[1]?.end();
    await submits[1];
    expect(calls).toHaveLength(3);
    calls[2]?.end();
    await submits[2];
    (await nextCall(4)).end();
    await submits[3];
    expect(calls[3]?.texts).toEqual(['small']);
  });

  test('a batch is bounded by count and by bytes', async () => {
    const { submit, calls, nextCall } = setup({ bytes: 10_000_000, count: 10_000 });
    const submits = [
      ...Array.from({ length: 501 }, (_, i) => submit(`n${i}`)),
      submit('x'.repeat(900_000)),
      submit('x'.repeat(900_000)),
    ];
    for (let n = 1; n <= 3; n++) (await nextCall(n)).end();
    await Promise.all(submits);
    expect(calls.map((call) => call.ids.length)).toEqual([500, 2, 1]);
  });

  test('a refused batch rejects only its own submits', async () => {
    const { submit, nextCall } = setup();
    const first = submit('a');
    const call = await nextCall(1);
    const second = submit('b');
    call.end(new RangeError('no'));
    await expect(first).rejects.toThrow(RangeError);
    (await nextCall(2)).end();
    await second;
  });

  test('full: room is given in order, as calls end', async () => {
    const { batcher, submit, nextCall } = setup({ count: 2 });
    const sent = [submit('a')];
    const call = await nextCall(1);
    expect(batcher.hasRoom).toBe(true);
    sent.push(submit('b'), submit('c'));
    expect(batcher.hasRoom).toBe(false);
    const order: number[] = [];
    const waits = [1, 2].map(async (n) => {
      await batcher.room();
      order.push(n);
    });
    call.end();
    (await nextCall(2)).end();
    await Promise.all([...waits, ...sent]);
    expect(order).toEqual([1, 2]);
    expect(batcher.hasRoom).toBe(true);
  });

  test('those who wait for room are let in by bytes, too', async () => {
    const { batcher, submit, nextCall } = setup({ bytes: 3_000 });
    const big = 'x'.repeat(1_000);
    const inside = new Set<number>();
    let most = 0;
    const submits = Array.from({ length: 20 }, async (_, i) => {
      if (!batcher.hasRoom) await batcher.room();
      most = Math.max(most, inside.add(i).size);
      await submit(big);
      inside.delete(i);
    });
    for (let n = 1; inside.size > 0; n++) {
      (await nextCall(n)).end();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(submits);
    // Three in the buffer, and those of the call under way.
    expect(most).toBeLessThanOrEqual(6);
  });

  test('while the broker is away: the sent one is unknown, the unsent ones are not stored', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const { batcher, submit, calls, nextCall } = setup({ count: 1, timeout: 1_000 });
    const sent = submit('sent');
    const call = await nextCall(1);
    const unsent = submit('unsent');
    const waiting = batcher.room();
    const outcomes = Promise.allSettled([sent, unsent, waiting]);
    await jest.advanceTimersByTimeAsync(2_000);
    const [one, two, three] = (await outcomes) as PromiseRejectedResult[];
    expect(one?.reason).toBeInstanceOf(SubmitUnknownError);
    expect(two?.reason).toBeInstanceOf(SubmitTimeoutError);
    expect(three?.reason).toBeInstanceOf(SubmitTimeoutError);
    // It comes back: the next submit goes out, the rejected ones do not.
    call.end();
    const next = submit('next');
    (await nextCall(2)).end();
    await next;
    expect(calls.map((each) => each.texts)).toEqual([['sent'], ['next']]);
  });

  test('of two calls under way only the older one is overdue, and the other when its time comes', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const { batcher } = setup({ count: 10_000, timeout: 1_000 });
    const many = (n: number) => groupOf(Array.from({ length: 500 }, (_, i) => `${n}-${i}`));
    const states = ['under way', 'under way'];
    const watch = (n: number) =>
      void batcher.submitGroup(many(n)).catch((error: unknown) => (states[n] = (error as Error).name));
    watch(0);
    await jest.advanceTimersByTimeAsync(600);
    watch(1);
    await jest.advanceTimersByTimeAsync(500);
    expect(states).toEqual(['SubmitUnknownError', 'under way']);
    // Those that are still out are looked after once in a timeout, or a second.
    await jest.advanceTimersByTimeAsync(1_000);
    expect(states).toEqual(['SubmitUnknownError', 'SubmitUnknownError']);
  });

  test('a call that follows an answered one has its own full time', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const { submit, nextCall } = setup({ timeout: 1_000 });
    const first = submit('a');
    (await nextCall(1)).end();
    await first;
    await jest.advanceTimersByTimeAsync(900);
    let failed = false;
    const second = submit('b').catch(() => (failed = true));
    await nextCall(2);
    await jest.advanceTimersByTimeAsync(900);
    expect(failed).toBe(false);
    await jest.advanceTimersByTimeAsync(200);
    await second;
    expect(failed).toBe(true);
  });

  test('while a call is stuck, what comes does not share the fate of what came long before', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const { submit } = setup({ timeout: 1_000 });
    const ended: string[] = [];
    const watch = (text: string) => void submit(text).catch(() => ended.push(text));
    watch('sent');
    await jest.advanceTimersByTimeAsync(10);
    watch('early');
    await jest.advanceTimersByTimeAsync(950);
    watch('late');
    await jest.advanceTimersByTimeAsync(200);
    expect(ended).toEqual(['sent', 'early']);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(ended).toEqual(['sent', 'early', 'late']);
  });

  test('many at once are timed from when they are handed over, however long they took to write', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const { batcher, submit, nextCall } = setup({ timeout: 1_000 });
    const group = groupOf(['x', 'y']);
    await jest.advanceTimersByTimeAsync(700);
    const first = submit('a').catch((error: unknown) => error);
    const call = await nextCall(1);
    await jest.advanceTimersByTimeAsync(500);
    const second = batcher.submitGroup(group);
    await jest.advanceTimersByTimeAsync(600);
    expect(await first).toBeInstanceOf(SubmitUnknownError);
    call.end();
    (await nextCall(2)).end();
    await second;
  });

  test('leaves no timer once it is closed, or the broker is', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const { batcher, submit, nextCall } = setup();
    const first = submit('a');
    (await nextCall(1)).end();
    await first;
    expect(jest.getTimerCount()).toBe(1);
    batcher.close();
    expect(jest.getTimerCount()).toBe(0);
    const late = submit('b');
    (await nextCall(2)).end(new BrokerClosedError('closed'));
    await expect(late).rejects.toThrow(BrokerClosedError);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('a closed broker rejects what waits', async () => {
    const { batcher, submit, nextCall } = setup();
    const first = submit('a');
    const call = await nextCall(1);
    const second = submit('b');
    const third = batcher.room();
    call.end(new BrokerClosedError('closed'));
    for (const each of [first, second, third]) await expect(each).rejects.toThrow(BrokerClosedError);
  });
});
