import { afterEach, describe, expect, it } from '@jest/globals';
import { resolveTask, TaskConsumer, type TaskOptions } from '../../lib/queue/index.js';
import { deferred, until } from '../signals.js';
import { addMessages, Consumer, idsOf, type MakeEnv, PATIENT, useEnv } from './contract-kit.js';

/** A consumer that is paused gives back what it did not start, in order, and others can have it. */
export function pausing(make: MakeEnv): void {
  describe('pausing a consumer', () => {
    const env = useEnv(make);
    const consumers: TaskConsumer[] = [];
    afterEach(() => Promise.all(consumers.splice(0).map((each) => each.stop(1_000))));

    function consumer(run: (n: number) => unknown, options: Partial<TaskOptions> = {}): TaskConsumer {
      const settings = resolveTask({ queue: env().queue, lease: PATIENT.lease, ...options }, 't');
      const task = { settings, run: (args: readonly never[]) => run(...(args as unknown as [number])) };
      const made = new TaskConsumer(
        env().queue,
        env().broker,
        settings.consumer,
        new Map([['t', task]]),
        () => {},
      );
      consumers.push(made);
      return made;
    }

    const counts = () => env().broker.counts(env().queue);

    /** Everything is accounted for, and nothing that did not start is on loan. */
    const settled = (onLoan: number) => until(async () => (await counts()).onLoan === onLoan);

    it('gives back what was claimed ahead; what runs goes on; resume claims again', async () => {
      const gates = new Map<number, () => void>();
      const seen: number[] = [];
      const paused = consumer(
        async (n) => {
          seen.push(n);
          // Some quick ones first: then it has a rate, and claims ahead.
          if (n < 200) return;
          const gate = deferred();
          gates.set(n, () => gate.resolve());
          await gate.promise;
        },
        { maxConcurrency: 1 },
      );
      await addMessages(env(), 300);
      await paused.start();
      await until(() => paused.stats().running === 1 && gates.size === 1);
      await paused.pause();
      expect(paused.stats()).toMatchObject({ running: 1, waiting: 0, paused: true });
      expect(await counts()).toMatchObject({ ready: 99, onLoan: 1 });

      gates.get(200)!();
      await settled(0);
      expect(await counts()).toMatchObject({ ready: 99, onLoan: 0, dead: 0 });
      expect(seen).toHaveLength(201);

      paused.resume();
      expect(paused.stats().paused).toBe(false);
      for (let n = 201; n < 300; n++) {
        await until(() => gates.has(n));
        gates.get(n)!();
      }
      await settled(0);
      expect(seen).toEqual(Array.from({ length: 300 }, (_, n) => n));
      expect(await counts()).toEqual({ ready: 0, delayed: 0, onLoan: 0, dead: 0 });
    });

    it('leaves to others what it gave back, and what comes meanwhile', async () => {
      const paused = consumer(() => {});
      await paused.start();
      await paused.pause();
      await paused.pause();
      const added = await addMessages(env(), 5);
      expect(await counts()).toMatchObject({ ready: 5, onLoan: 0 });
      const other = new Consumer(env());
      expect(await other.gather(5)).toEqual(idsOf(added));
      await other.claim(0, { done: [...other.held] });
      expect(await counts()).toMatchObject({ ready: 0, onLoan: 0 });
    });

    it('claims nothing of what a claim under way brings', async () => {
      const seen: number[] = [];
      const paused = consumer((n) => seen.push(n));
      await addMessages(env(), 10);
      const starting = paused.start();
      // Whether its first claim has left by now or not.
      await env().broker.counts(env().queue);
      await paused.pause();
      await starting;
      const before = seen.length;
      await settled(0);
      expect(seen).toHaveLength(before);
      expect(await counts()).toMatchObject({ ready: 10 - before });
      paused.resume();
      paused.resume();
      await until(() => seen.length === 10);
      expect(seen).toEqual(Array.from({ length: 10 }, (_, n) => n));
    });

    it('before it starts: starts paused', async () => {
      const seen: number[] = [];
      const paused = consumer((n) => seen.push(n));
      await paused.pause();
      await addMessages(env(), 3);
      await paused.start();
      expect(await counts()).toMatchObject({ ready: 3, onLoan: 0 });
      expect(seen).toEqual([]);
      paused.resume();
      await until(() => seen.length === 3);
    });

    it('stops while paused, once what runs has ended, and does not come back', async () => {
      const gate = deferred();
      const running = deferred();
      const paused = consumer(async () => {
        running.resolve();
        await gate.promise;
      });
      await addMessages(env(), 1);
      await paused.start();
      await running.promise;
      await paused.pause();
      const stopped = paused.stop(10_000);
      gate.resolve();
      await stopped;
      paused.resume();
      await addMessages(env(), 1);
      expect(await counts()).toMatchObject({ ready: 1, onLoan: 0 });
    });
  });
}
