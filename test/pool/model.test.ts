import { expect, test } from '@jest/globals';
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import * as fc from '../fast-check.js';
import { NbAioPool, PoolFullError, type PoolFuture } from '../../lib/pool/index.js';
import { openWaits } from '../../lib/pool/waits.js';
import { deferred, turn, type Deferred } from './signals.js';

const idle = { running: 0, lending: 0, overdue: 0, waiting: 0, blocked: 0 };

type Kind = 'submit' | 'try' | 'noBlock' | 'sync';

type Operation =
  | { kind: Kind; priority: number }
  | { kind: 'end'; which: number; fails: boolean }
  | { kind: 'cancel' | 'abort'; which: number }
  | { kind: 'pause' | 'resume' }
  | { kind: 'resize'; to: number };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom<Kind>('submit', 'try', 'noBlock', 'sync'),
      priority: fc.constantFrom(0, 0, 0, 1, -1),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(), fails: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('cancel' as const, 'abort' as const), which: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('resize' as const), to: fc.integer({ min: 1, max: 5 }) }),
  },
);

interface Entry {
  readonly id: number;
  readonly priority: number;
  readonly sync: boolean;
  readonly controller: AbortController;
  readonly gate: Deferred<number>;
  future?: PoolFuture<number>;
  refused?: unknown;
  cancelled: boolean;
  fails: boolean;
}

/** The simplest description of a pool: who runs, and one line of those who do not yet, of which the first are accepted. */
class Model {
  readonly running: Entry[] = [];
  readonly started: Entry[] = [];
  accepted: Entry[] = [];
  blocked: Entry[] = [];
  paused = false;

  constructor(
    public maxConcurrency: number,
    readonly maxQueueSize: number,
  ) {}

  get full(): boolean {
    return (
      (this.paused || this.running.length >= this.maxConcurrency) && this.accepted.length >= this.maxQueueSize
    );
  }

  add(entry: Entry): void {
    this.blocked.push(entry);
    this.settle();
  }

  drop(entry: Entry): void {
    this.accepted = this.accepted.filter((each) => each !== entry);
    this.blocked = this.blocked.filter((each) => each !== entry);
    this.settle();
  }

  settle(): void {
    while (!this.paused && this.running.length < this.maxConcurrency) {
      const next = first([...this.accepted, ...this.blocked]);
      if (next === undefined) break;
      this.accepted = this.accepted.filter((each) => each !== next);
      this.blocked = this.blocked.filter((each) => each !== next);
      this.started.push(next);
      if (!next.sync) this.running.push(next);
      this.admit();
    }
    this.admit();
  }

  admit(): void {
    while (this.blocked.length > 0 && this.accepted.length < this.maxQueueSize) {
      const next = first(this.blocked)!;
      this.blocked = this.blocked.filter((each) => each !== next);
      this.accepted.push(next);
    }
  }
}

/** The one that was submitted first of those with the highest priority. */
const first = (entries: Entry[]): Entry | undefined =>
  entries.toSorted((a, b) => b.priority - a.priority || a.id - b.id)[0];

/** A pool beside its model. */
class Check {
  readonly pool: NbAioPool;
  readonly model: Model;
  readonly started: number[] = [];
  readonly entries: Entry[] = [];
  readonly reported: unknown[] = [];

  constructor(maxConcurrency: number, maxQueueSize: number, context: boolean) {
    const onError = (error: unknown): unknown => this.reported.push(error);
    this.pool = new NbAioPool({ maxConcurrency, maxQueueSize, context, onError });
    this.model = new Model(maxConcurrency, maxQueueSize);
  }

  apply(next: Operation): void {
    const { model, pool } = this;
    if ('priority' in next) this.submit(next.kind, next.priority);
    else if (next.kind === 'end') this.end(next.which, next.fails);
    else if (next.kind === 'cancel' || next.kind === 'abort') this.cancel(next);
    else if (next.kind === 'resize') {
      model.maxConcurrency = next.to;
      model.settle();
      pool.maxConcurrency = next.to;
    } else {
      model.paused = next.kind === 'pause';
      model.settle();
      pool[next.kind]();
    }
  }

  submit(kind: Kind, priority: number): void {
    const entry: Entry = {
      id: this.entries.length,
      priority,
      sync: kind === 'sync',
      controller: new AbortController(),
      gate: deferred<number>(),
      cancelled: false,
      fails: false,
    };
    this.entries.push(entry);
    const { full } = this.model;
    const task = (): Promise<number> | number => {
      this.started.push(entry.id);
      return entry.sync ? entry.id : entry.gate.promise;
    };
    const terms = { priority, signal: entry.controller.signal };
    const keep = (future: PoolFuture<number> | undefined): void => void (entry.future = future!);
    const refuse = (error: unknown): void => void (entry.refused = error);
    if (!full || kind === 'submit' || kind === 'sync') this.model.add(entry);
    if (kind === 'try') {
      keep(this.pool.trySubmit(task, terms));
      assert.equal(entry.future === undefined, full);
    } else {
      this.pool.submit(task, { ...terms, block: kind !== 'noBlock' }).then(keep, refuse);
    }
  }

  end(which: number, fails: boolean): void {
    const { running } = this.model;
    if (running.length === 0) return;
    const [entry] = running.splice(which % running.length, 1) as [Entry];
    entry.fails = fails;
    if (fails) entry.gate.reject(entry.id);
    else entry.gate.resolve(entry.id);
    this.model.settle();
  }

  /** By the future, or by the signal, which reaches blocked ones too. */
  cancel({ kind, which }: { kind: 'cancel' | 'abort'; which: number }): void {
    const { running, accepted, blocked } = this.model;
    const open = [...running, ...accepted, ...(kind === 'abort' ? blocked : [])];
    if (open.length === 0) return;
    const entry = open[which % open.length]!;
    if (kind === 'abort') entry.controller.abort();
    else assert.equal(entry.future!.cancel(), !entry.cancelled);
    entry.cancelled = true;
    this.model.drop(entry);
  }

  verify(): void {
    const { model, pool } = this;
    const { running, waiting, blocked, overdue, paused, maxConcurrency } = pool.stats();
    assert.deepEqual(
      { running, waiting, blocked, overdue, paused, maxConcurrency },
      {
        running: model.running.length,
        waiting: model.accepted.length,
        blocked: model.blocked.length,
        overdue: model.running.filter((each) => each.cancelled).length,
        paused: model.paused,
        maxConcurrency: model.maxConcurrency,
      },
    );
    assert.deepEqual(
      this.started,
      model.started.map((each) => each.id),
    );
    for (const each of model.accepted) assert.equal(each.future?.state, 'waiting');
    for (const each of model.running)
      assert.equal(each.future?.state, each.cancelled ? 'cancelled' : 'running');
  }

  async finish(): Promise<void> {
    this.apply({ kind: 'resume' });
    while (this.model.running.length > 0) {
      this.end(0, false);
      await turn(1);
    }
    await this.pool.onIdle();
    await turn();
    this.verify();
    const failed = this.entries.filter((each) => each.fails).map((each) => each.id);
    assert.deepEqual(
      this.reported.toSorted((a, b) => Number(a) - Number(b)),
      failed,
    );
    for (const { future, refused, cancelled, fails } of this.entries) {
      if (future === undefined)
        assert(cancelled || refused === undefined || refused instanceof PoolFullError);
      else assert.equal(future.state, cancelled ? 'cancelled' : fails ? 'failed' : 'done');
    }
    assert(
      this.entries.every(({ controller }) => getEventListeners(controller.signal, 'abort').length === 0),
    );
  }
}

test.each([[true], [false]])('does what its model does, whatever comes (context: %p)', async (context) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 4 }),
      fc.array(operation, { maxLength: 80 }),
      async (maxConcurrency, maxQueueSize, operations) => {
        const check = new Check(maxConcurrency, maxQueueSize, context);
        for (const each of operations) {
          check.apply(each);
          await turn(1);
          check.verify();
        }
        await check.finish();
        expect(check.pool.stats()).toMatchObject(idle);
      },
    ),
    { numRuns: 300 },
  );
});

type How = 'run' | 'submit' | 'batch' | 'settle' | 'queue' | 'forget' | 'room';
interface Node {
  how: How;
  pool: number;
  /** Whether it waits for one child before it starts the next. */
  inTurn: boolean;
  /** Turns of the event loop before it starts any. */
  turns: number;
  /** The earlier tree that it waits for before that, by the result of its root; none when there is no such tree. */
  asks: number;
  children: Node[];
}

const trees = (pools: number, depth: number): fc.Arbitrary<Node> =>
  fc.letrec<{ tree: Node }>((tie) => ({
    tree: fc.record({
      how: fc.constantFrom<How[]>('run', 'submit', 'batch', 'settle', 'queue', 'forget', 'room'),
      pool: fc.nat(pools - 1),
      inTurn: fc.boolean(),
      turns: fc.nat(2),
      asks: fc.nat(12),
      children: fc.oneof(
        { maxDepth: depth },
        fc.constant<Node[]>([]),
        fc.array(tie('tree'), { maxLength: 4 }),
      ),
    }),
  })).tree;

const size = (node: Node): number => 1 + node.children.reduce((sum, each) => sum + size(each), 0);

/** What happens to a pool in one turn of the event loop. */
type Disturbance = { pool: number; what: 'pause' | 'resume' | 1 | 2 | 3 };

const disturbances = (pools: number): fc.Arbitrary<Disturbance[]> =>
  fc.array(
    fc.record({
      pool: fc.nat(pools - 1),
      what: fc.constantFrom<Disturbance['what'][]>('pause', 'resume', 1, 2, 3),
    }),
    { maxLength: 20 },
  );

function disturb(pools: NbAioPool[], disturbance: Disturbance | undefined): void {
  if (disturbance === undefined) {
    for (const pool of pools) pool.resume();
    return;
  }
  const pool = pools[disturbance.pool]!;
  if (typeof disturbance.what === 'number') pool.maxConcurrency = disturbance.what;
  else pool[disturbance.what]();
}

/** Runs the trees in the pools, all at the same time; resolves with the number of tasks that ended. */
async function runTrees(pools: NbAioPool[], roots: Node[], events: Disturbance[]): Promise<number> {
  let ended = 0;
  const futures: (PoolFuture<void> | undefined)[] = [];
  const taskOf = (node: Node, tree: number) => async (): Promise<void> => {
    const limit = events.length === 0 ? 0 : 3;
    for (const { running, maxConcurrency } of pools.map((each) => each.stats())) {
      assert(running <= Math.max(limit, maxConcurrency));
    }
    if (node.turns > 0) await turn(node.turns);
    if (node.asks < tree) await futures[node.asks]?.result();
    if (node.inTurn) for (const child of node.children) await start(child, tree);
    else await Promise.all(node.children.map((child) => start(child, tree)));
    ended++;
  };
  const start = async (node: Node, tree: number): Promise<void> => {
    const { how } = node;
    const pool = pools[node.pool]!;
    const task = taskOf(node, tree);
    if (how === 'room') await pool.onRoom().catch((error) => assert(error instanceof PoolFullError));
    if (how === 'run' || how === 'room') await pool.run(task);
    else if (how === 'submit') await (await pool.submit(task)).result();
    else if (how === 'batch') await pool.batchRun([task]);
    else if (how === 'settle') await pool.batchRun([task], { failFast: false });
    else if (how === 'queue') await pool.submit(task);
    else void pool.submit(task);
  };
  const startTree = async (root: Node, tree: number): Promise<void> => {
    futures[tree] = await pools[root.pool]!.submit(taskOf(root, tree));
    await futures[tree].result();
  };
  const busy = (): boolean =>
    pools.some((pool) => {
      const { running, waiting, blocked } = pool.stats();
      return running + waiting + blocked > 0;
    });
  const all = Promise.all(roots.map(startTree)).then(async () => {
    // A task that nobody waits for may go on in a pool that was idle before.
    while (busy()) await Promise.all(pools.map((pool) => pool.onIdle()));
  });
  const progress = { open: true };
  void all.finally(() => (progress.open = false));
  // Nothing here waits for more than turns of the event loop: what takes so many of them stands still.
  for (let turns = 0; progress.open && turns < 3000; turns++) {
    disturb(pools, events[turns]);
    await turn(1);
  }
  return ended;
}

test.each([
  [1, 1, 5],
  [2, 2, 4],
  [3, 4, 3],
])(
  'tasks of %p pools that submit to each other and wait in any way, in %p trees, all end',
  async (count, many, depth) => {
    const limits = fc.record({ maxConcurrency: fc.integer({ min: 1, max: 3 }), maxQueueSize: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(limits, { minLength: count, maxLength: count }),
        fc.array(trees(count, depth), { minLength: many, maxLength: many }),
        fc.oneof(fc.constant<Disturbance[]>([]), disturbances(count)),
        async (options, roots, events) => {
          const pools = options.map((each) => new NbAioPool(each));
          const before = openWaits.size;
          expect(await runTrees(pools, roots, events)).toBe(roots.reduce((sum, each) => sum + size(each), 0));
          expect(pools.map((pool) => pool.stats())).toMatchObject(pools.map(() => idle));
          expect(openWaits.size).toBe(before);
        },
      ),
      { numRuns: 300 },
    );
  },
);
