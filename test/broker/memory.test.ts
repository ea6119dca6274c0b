import { describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { MemoryBroker } from '../../lib/broker/memory/index.js';
import { InvalidOptionError, UnknownOptionError } from '../../lib/errors.js';
import type { Clock } from '../../lib/queue/clock.js';
import { brokerContract } from './contract.js';
import { addMessages, Consumer } from './contract-kit.js';

/** Stands still until it is moved. */
class FakeClock implements Clock {
  private time = 1_700_000_000_000;
  private readonly calls = new Set<{ readonly at: number; readonly call: () => void }>();

  get scheduled(): number {
    return this.calls.size;
  }

  now(): number {
    return this.time;
  }

  schedule(call: () => void, ms: number): () => void {
    const entry = { at: this.time + ms, call };
    this.calls.add(entry);
    return () => this.calls.delete(entry);
  }

  /** Makes the calls that fall due on the way, each at its own time. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await turn();
      const next = [...this.calls].toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.calls.delete(next);
      this.time = Math.max(this.time, next.at);
      next.call();
    }
    this.time = end;
  }
}

function makeEnv() {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock });
  return {
    clock,
    broker,
    queue: 'q',
    now: () => clock.now(),
    advance: (ms: number) => clock.advance(ms),
    dispose: () => broker.close(),
  };
}

brokerContract(
  'memory',
  async () => {
    const env = makeEnv();
    await env.broker.open();
    return env;
  },
  { modelRuns: 300 },
);

describe('MemoryBroker', () => {
  it('refuses options that do not exist, and a clock that is none', () => {
    // @ts-expect-error -- no such option
    const misspelt = () => new MemoryBroker({ clok: 1 });
    expect(misspelt).toThrow(UnknownOptionError);
    expect(misspelt).toThrow("did you mean 'clock'?");
    // @ts-expect-error -- a function is no clock
    expect(() => new MemoryBroker({ clock: Date.now })).toThrow(InvalidOptionError);
  });

  it('runs by the system clock when none is given', async () => {
    const broker = new MemoryBroker();
    const woken = new Promise<void>((wake) =>
      broker.lease('q', { lease: 1_000, maxCrashes: 3 }, wake).arm(5),
    );
    const start = Date.now();
    await woken;
    expect(Date.now() - start).toBeLessThan(5_000);
    await broker.close();
  });

  it('wakes one consumer for one message', async () => {
    const env = makeEnv();
    const consumers = [new Consumer(env), new Consumer(env), new Consumer(env)];
    for (const { lease } of consumers) lease.arm();
    await addMessages(env, 1);
    expect(consumers.map(({ woken }) => woken)).toEqual([1, 0, 0]);
    await env.broker.close();
  });

  it('sets no timer for a consumer that holds nothing', async () => {
    const env = makeEnv();
    const [added] = await addMessages(env, 1);
    const consumer = new Consumer(env);
    await consumer.claim(1);
    await consumer.claim(0, { done: [added!.id] });
    new Consumer(env).lease.arm();
    await env.advance(1);
    expect(env.clock.scheduled).toBe(0);
    await env.broker.close();
  });

  it('does not wake a consumer for what it could not be granted', async () => {
    const env = makeEnv();
    await addMessages(env, 1);
    const busy = new Consumer(env);
    await busy.claim(1);
    await addMessages(env, 1);
    const other = new Consumer(env);
    const [id] = (await other.claim(1)).ids;
    busy.lease.arm();
    await other.claim(0, {
      delayed: [{ id: id!, delay: 0, history: { attempts: 0, crashes: 2, refusals: 0 } }],
    });
    await env.advance(100_000);
    // One suspect waits, and its own lease ended: neither is for it.
    expect(busy.woken).toBe(0);
    await env.broker.close();
  });

  it('leaves no timer behind when it is closed', async () => {
    const env = makeEnv();
    new Consumer(env).lease.arm(1_000);
    await env.advance(1);
    expect(env.clock.scheduled).toBe(1);
    await env.broker.close();
    expect(env.clock.scheduled).toBe(0);
  });

  it('lets timers and I/O have their turn, however busy a consumer is', async () => {
    const env = makeEnv();
    await addMessages(env, 1_000);
    const consumer = new Consumer(env);
    const timer = AbortSignal.timeout(1);
    for (let i = 0; !timer.aborted && i < 1e6; i++) await consumer.claim(1, { released: [...consumer.held] });
    expect(timer.aborted).toBe(true);
    await env.broker.close();
  });
});
