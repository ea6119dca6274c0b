import { afterEach, describe, expect, test } from '@jest/globals';
import { MemoryBroker } from '../../lib/broker/memory/index.js';
import { NO_SETTLEMENTS, type Claim, type Lease, type Settlements } from '../../lib/queue/broker.js';
import { newMessageId } from '../../lib/queue/message-id.js';
import {
  AioTaskContext,
  resolveTask,
  TaskConsumer,
  TaskHandle,
  TaskQueue,
  type ConsumerEvent,
  type TaskOptions,
} from '../../lib/queue/index.js';
import { deferred, until } from '../signals.js';

// What a consumer says in its calls to the broker when one is refused, or when something was brought.

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

type Run = (n: number) => unknown;

/** A consumer of a broker whose leases are made by the test. */
function consumerOf(
  lease: (broker: MemoryBroker) => MemoryBroker['lease'],
  run: Run,
  options?: Partial<TaskOptions>,
) {
  const memory = new MemoryBroker();
  const broker = Object.assign(Object.create(memory) as MemoryBroker, { lease: lease(memory) });
  const settings = resolveTask({ queue: 'q', ...options }, 'work');
  const events: ConsumerEvent[] = [];
  const task = { settings, run: (args: readonly never[]) => run(...(args as unknown as [number])) };
  const consumer = new TaskConsumer('q', broker, settings.consumer, new Map([['work', task]]), (event) =>
    events.push(event),
  );
  const handle = new TaskHandle<[number], unknown>(TaskQueue.of(memory, 'q'), settings);
  closers.push(() => memory.close());
  return { memory, consumer, handle, events };
}

/** A call that waits for what the test answers. */
interface Call {
  readonly settlements: Settlements;
  answer(claim?: Partial<Claim>): void;
  refuse(): void;
}

/** A lease whose claims are answered when the test says so. */
class ScriptedLease implements Lease {
  readonly calls: Call[] = [];
  wake!: (brought?: Claim) => void;
  arm = (): void => {};
  disarm = (): void => {};
  renewIdentity = (): void => {};
  withdraw = async (): Promise<void> => {};
  close = async (): Promise<void> => {};

  claim(_want: number, _holds: boolean, settlements: Settlements): Promise<Claim> {
    return new Promise((resolve, reject) => {
      this.calls.push({
        settlements,
        answer: (claim) => resolve({ ...claimOf(), ...claim }),
        refuse: () => reject(new Error('refused')),
      });
    });
  }

  async call(n: number): Promise<Call> {
    await until(() => this.calls.length >= n);
    return this.calls[n - 1]!;
  }
}

function claimOf(...numbers: number[]): Claim & { ids: string[] } {
  const ids = numbers.map(() => newMessageId());
  const envelopes = ids.map((id, i) => ({ v: 1, id, task: 'work', args: [numbers[i]] }));
  return {
    ids,
    lost: false,
    count: ids.length,
    size: 0,
    read: () => ({ ids, envelopes, histories: new Map() }),
    alone: false,
    suspects: false,
    more: false,
    dueIn: undefined,
    buried: [],
    droppedDead: 0,
  };
}

/** A consumer that has started, and whose first call is out. */
async function scripted(run: Run, options?: Partial<TaskOptions>) {
  const lease = new ScriptedLease();
  const made = consumerOf(() => (_, __, wake) => Object.assign(lease, { wake }), run, options);
  await made.consumer.start();
  expect(lease.calls).toHaveLength(1);
  closers.unshift(async () => {
    const stop = new AbortController();
    const stopping = made.consumer.stop(0).then(() => stop.abort());
    for (let n = 0; !stop.signal.aborted; await turn()) {
      for (; n < lease.calls.length; n++) lease.calls[n]!.answer();
    }
    await stopping;
  });
  return { ...made, lease };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a call that was refused', () => {
  test('goes again with what it carried; what ended since goes with the next', async () => {
    const gate = deferred();
    const { lease } = await scripted(async (n) => {
      if (n === 3) await gate.promise;
    });
    const granted = claimOf(1, 2, 3);
    lease.calls[0]!.answer(granted);
    const second = await lease.call(2);
    expect(second.settlements.done).toEqual(granted.ids.slice(0, 2));
    second.refuse();
    gate.resolve();
    const third = await lease.call(3);
    expect(third.settlements).toBe(second.settlements);
    third.answer();
    expect((await lease.call(4)).settlements.done).toEqual(granted.ids.slice(2));
  });

  test('tells nothing of what was brought since: the next one does', async () => {
    const ran: number[] = [];
    const { lease } = await scripted((n) => ran.push(n));
    lease.calls[0]!.refuse();
    await turn();
    lease.wake(claimOf(7));
    const again = await lease.call(2);
    await turn();
    expect(ran).toEqual([]);
    again.answer();
    expect((await lease.call(3)).settlements).toBe(NO_SETTLEMENTS);
    await until(() => ran.length === 1);
  });

  test('keeps a pause waiting: it may have been applied', async () => {
    const { lease, consumer } = await scripted(() => {});
    lease.calls[0]!.refuse();
    await turn();
    let paused = false;
    const pausing = consumer.pause().then(() => (paused = true));
    const again = await lease.call(2);
    await turn();
    expect(paused).toBe(false);
    const granted = claimOf(1, 2);
    again.answer(granted);
    const release = await lease.call(3);
    expect(release.settlements.released).toEqual(granted.ids);
    await turn();
    expect(paused).toBe(false);
    release.answer();
    await pausing;
  });

  test('loses and repeats nothing, whatever happens between', async () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    for (let round = 0; round < 2; round++) {
      let refuses = true;
      let waiting = 0;
      const ran = new Map<number, number>();
      const { memory, consumer, handle } = consumerOf(
        (broker) => (queue, options, wake) =>
          flaky(broker.lease(queue, options, wake), () => refuses && random() < 0.15, random),
        async (n) => {
          ran.set(n, (ran.get(n) ?? 0) + 1);
          for (let turns = n % 5; turns > 0; turns--) await turn();
        },
        { maxConcurrency: 4 },
      );
      await consumer.start();
      for (let i = 0; i < 40; i++) {
        await handle.submitMany(Array.from({ length: 5 }, (_, k) => [5 * i + k]));
        if (random() < 0.1) {
          await consumer.pause();
          waiting += consumer.stats().waiting;
          consumer.resume();
        }
      }
      await until(() => ran.size >= (round % 2 === 0 ? 200 : 50), 20_000);
      refuses = false;
      await consumer.stop(5_000);
      const { ready, onLoan } = await memory.counts('q');
      expect(waiting).toBe(0);
      expect([onLoan, ready + ran.size, new Set(ran.values())]).toEqual([0, 200, new Set([1])]);
    }
  }, 60_000);
});

/** Refuses calls before or after they are applied, and answers them when they come again. */
function flaky(lease: Lease, refuses: () => boolean, random: () => number): Lease {
  let pending: { readonly args: Parameters<Lease['claim']>; answer?: Claim } | undefined;
  const claim = async (...args: Parameters<Lease['claim']>): Promise<Claim> => {
    pending ??= { args };
    const fails = refuses();
    if (fails && random() < 0.5) throw new Error('refused');
    pending.answer ??= await lease.claim(...pending.args);
    if (fails) throw new Error('applied, and refused');
    const { answer } = pending;
    pending = undefined;
    return answer;
  };
  return Object.assign(Object.create(lease) as Lease, { claim });
}

describe('what the broker brings', () => {
  test('while a call is under way runs when the next call has left, not before', async () => {
    const ran: number[] = [];
    const { lease, consumer } = await scripted((n) => ran.push(n));
    lease.wake(claimOf(7));
    await turn();
    expect([ran, consumer.stats().waiting, lease.calls.length]).toEqual([[], 1, 1]);
    lease.calls[0]!.answer();
    await until(() => ran.length === 1);
    expect(lease.calls).toHaveLength(2);
  });

  test('and is gone when its run has ended is not settled', async () => {
    const ran: number[] = [];
    const { lease, events } = await scripted((n) => ran.push(n));
    lease.calls[0]!.answer();
    await turn();
    const brought = claimOf(7);
    lease.wake(brought);
    const telling = await lease.call(2);
    await until(() => ran.length === 1);
    await turn();
    const next = claimOf(8);
    telling.answer({ ...next, gone: brought.ids });
    expect((await lease.call(3)).settlements.done).toEqual(next.ids);
    expect(events).toEqual([]);
  });

  test('and is gone while it waits for a slot does not run', async () => {
    const gate = deferred();
    const ran: number[] = [];
    const { lease, consumer } = await scripted(
      async (n) => {
        ran.push(n);
        await gate.promise;
      },
      { maxConcurrency: 1 },
    );
    lease.calls[0]!.answer(claimOf(1));
    await until(() => ran.length === 1);
    const brought = claimOf(7);
    lease.wake(brought);
    const telling = await lease.call(2);
    telling.answer({ gone: brought.ids });
    await turn();
    expect(consumer.stats()).toMatchObject({ running: 1, waiting: 0 });
    gate.resolve();
    await lease.call(3);
    expect(ran).toEqual([1]);
  });

  test('and is gone while it runs is aborted, and said once', async () => {
    const gate = deferred();
    let signal: AbortSignal | undefined;
    const { lease, events } = await scripted(async () => {
      signal = AioTaskContext.current()?.signal;
      await gate.promise;
    });
    lease.calls[0]!.answer();
    await turn();
    const brought = claimOf(7);
    lease.wake(brought);
    const telling = await lease.call(2);
    await until(() => signal !== undefined);
    telling.answer({ gone: brought.ids });
    await turn();
    expect(signal?.aborted).toBe(true);
    expect(events).toMatchObject([{ type: 'lease-lost', running: 1 }]);
    gate.resolve();
  });
});
