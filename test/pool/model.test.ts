import { expect, test } from '@jest/globals';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { NbAioPool, PoolFullError, type PoolFuture } from '../../lib/pool/index.js';
import { deferred, turn, type Deferred } from './signals.js';

const idle = { running: 0, lending: 0, waiting: 0, blocked: 0 };

type Operation =
  { kind: 'submit' | 'try' | 'noBlock' | 'sync' } | { kind: 'end'; which: number; fails: boolean };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('submit' as const, 'try' as const, 'noBlock' as const, 'sync' as const),
  }),
  fc.record({ kind: fc.constant('end' as const), which: fc.nat(), fails: fc.boolean() }),
);

/** A pool beside the simplest description of it: numbers of tasks, in the order of their submission. */
class Check {
  readonly pool: NbAioPool;
  readonly running: { id: number; gate: Deferred<number> }[] = [];
  readonly started: number[] = [];
  readonly expected: number[] = [];
  readonly futures = new Map<number, PoolFuture<number>>();
  readonly reported: unknown[] = [];
  failures = 0;
  next = 0;

  constructor(
    readonly maxConcurrency: number,
    readonly maxQueueSize: number,
    context: boolean,
  ) {
    this.pool = new NbAioPool({
      maxConcurrency,
      maxQueueSize,
      context,
      onError: (e) => this.reported.push(e),
    });
  }

  submit(kind: 'submit' | 'try' | 'noBlock' | 'sync'): void {
    const id = this.next++;
    const { running, waiting } = this.pool.stats();
    const full = running + waiting === this.maxConcurrency + this.maxQueueSize;
    const task = (): Promise<number> | number => {
      this.started.push(id);
      if (kind === 'sync') return id;
      const gate = deferred<number>();
      this.running.push({ id, gate });
      return gate.promise;
    };
    if (!full || kind === 'submit' || kind === 'sync') this.expected.push(id);
    const keep = (future: PoolFuture<number>): void => void this.futures.set(id, future);
    if (kind === 'try') {
      const future = this.pool.trySubmit(task);
      assert.equal(future === undefined, full);
      if (future !== undefined) keep(future);
    } else if (kind === 'noBlock') {
      this.pool.submit(task, { block: false }).then(keep, (error: unknown) => {
        assert(full && error instanceof PoolFullError);
      });
    } else {
      void this.pool.submit(task).then(keep);
    }
  }

  end(which: number, fails: boolean): void {
    if (this.running.length === 0) return;
    const [{ id, gate }] = this.running.splice(which % this.running.length, 1) as [Check['running'][0]];
    if (fails) this.failures++;
    if (fails) gate.reject(id);
    else gate.resolve(id);
  }

  verify(): void {
    const { running, waiting, blocked } = this.pool.stats();
    assert.equal(running, this.running.length);
    assert(running <= this.maxConcurrency);
    assert(waiting <= this.maxQueueSize);
    if (waiting > 0) assert.equal(running, this.maxConcurrency);
    if (blocked > 0) assert.equal(waiting, this.maxQueueSize);
    assert.equal(this.started.length + waiting + blocked, this.expected.length);
    assert.deepEqual(this.started, this.expected.slice(0, this.started.length));
  }

  async finish(): Promise<void> {
    while (this.running.length > 0) {
      this.end(0, false);
      await turn(1);
    }
    await this.pool.onIdle();
    await turn();
    assert.deepEqual(this.started, this.expected);
    assert.deepEqual(
      [...this.futures.keys()].toSorted((a, b) => a - b),
      this.expected,
    );
    for (const future of this.futures.values()) assert.match(future.state, /done|failed/);
    assert.equal(this.reported.length, this.failures);
  }
}

test.each([[true], [false]])('keeps its bounds, its order and its slots (context: %p)', async (context) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 4 }),
      fc.array(operation, { maxLength: 60 }),
      async (maxConcurrency, maxQueueSize, operations) => {
        const check = new Check(maxConcurrency, maxQueueSize, context);
        for (const each of operations) {
          if (each.kind === 'end') check.end(each.which, each.fails);
          else check.submit(each.kind);
          await turn(1);
          check.verify();
        }
        await check.finish();
        expect(check.pool.stats()).toMatchObject(idle);
      },
    ),
    { numRuns: 150 },
  );
});

type How = 'run' | 'submit' | 'batch' | 'queue' | 'forget';
type Node = { how: How; pool: number; children: Node[] };

const trees = (hows: How[], pools: number): fc.Arbitrary<Node> =>
  fc.letrec<{ tree: Node }>((tie) => ({
    tree: fc.record({
      how: fc.constantFrom(...hows),
      pool: fc.nat(pools - 1),
      children: fc.oneof({ maxDepth: 5 }, fc.constant<Node[]>([]), fc.array(tie('tree'), { maxLength: 4 })),
    }),
  })).tree;

const size = (node: Node): number => 1 + node.children.reduce((sum, each) => sum + size(each), 0);

// Tasks of two pools that wait for each other must wait for one child at a time: docs/pool.md says why.
test.each([
  ['in any way, to their own pool', trees(['run', 'submit', 'batch', 'queue', 'forget'], 1)],
  ['and wait, to their own pool or to another one', trees(['run', 'submit', 'batch'], 2)],
])('tasks that submit %s all end', async (_, tree) => {
  const limits = fc.record({ maxConcurrency: fc.integer({ min: 1, max: 3 }), maxQueueSize: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(limits, limits, tree, async (first, second, root) => {
      const pools = [new NbAioPool(first), new NbAioPool(second)] as const;
      let ended = 0;
      const start = async ({ how, pool: number, children }: Node): Promise<void> => {
        const pool = pools[number as 0 | 1];
        const task = async (): Promise<void> => {
          for (const { running, maxConcurrency } of pools.map((each) => each.stats())) {
            assert(running <= maxConcurrency);
          }
          for (const child of children) await start(child);
          ended++;
        };
        if (how === 'run') await pool.run(task);
        else if (how === 'submit') await (await pool.submit(task)).result();
        else if (how === 'batch') await pool.batchRun([task]);
        else if (how === 'queue') await pool.submit(task);
        else void pool.submit(task);
      };
      await start(root);
      await Promise.all(pools.map((pool) => pool.onIdle()));
      expect(ended).toBe(size(root));
      expect(pools.map((pool) => pool.stats())).toMatchObject([idle, idle]);
    }),
    { numRuns: 300 },
  );
});
