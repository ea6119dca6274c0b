import type { Task } from './task.js';
import type { TaskRun } from './task-run.js';
import { openWaits } from './waits.js';

/** What untying needs of a pool. */
export interface Knotted {
  /** Whether some task there can go on for all that is known, or will when the pool is resumed. */
  readonly goesOn: boolean;
  /** The runs on its slots, those that lend their slot not counted. */
  tops(): Iterable<TaskRun>;
  /** Starts the task on the slot of one of these, which it returns. */
  lendAny(task: Task): TaskRun | undefined;
}

/** The runs that wait, and what is known of their children. */
interface Chains {
  /** Children that wait, of each run. */
  readonly waiting: Map<TaskRun, Set<TaskRun>>;
  /** Those of them that their parent, or somebody, waits for in turn. */
  readonly awaited: Map<TaskRun, Set<TaskRun>>;
}

/**
 * Tasks of several full pools can wait for each other in a circle: each pool's slots are held by tasks that wait for
 * a task that waits for a slot of another of these pools. No slot would ever be free again. So whenever a run begins
 * to wait for a task without a slot, and whenever one of those ends that could still have gone on, it is asked whether
 * any run that `start` waits for, directly or by way of others, can still go on. If none can, one of the tasks that
 * they all wait for starts on the slot of a run of its pool, which cannot go on before.
 */
export function untie(start: TaskRun | undefined): void {
  if (start === undefined || openWaits.size === 0) return;
  const starts = [start];
  for (let run = starts.pop(); run !== undefined; run = starts.pop()) {
    const task = hasHope(run) ? undefined : findKnot(run);
    const lender = task?.owner.lendAny(task);
    // The task may have ended at once, and left both as they were.
    if (lender !== undefined) starts.push(run, lender);
  }
}

/** Nearly always: somebody in the pool that it waits for can go on. */
function hasHope(run: TaskRun): boolean {
  return run.waits?.first?.task.owner.goesOn ?? run.goesOn;
}

/** A task that must start before anything goes on that `start` waits for; undefined when something can go on. */
function findKnot(start: TaskRun): Task | undefined {
  const chains = findChains();
  const runs = new Set([start]);
  const pools = new Set<Knotted>();
  let found: Task | undefined;
  // A set that grows while it is visited.
  for (const run of runs) {
    const awaited = chains.awaited.get(run);
    const waits = run.waits?.size ?? 0;
    if (waits === 0 && awaited === undefined) return undefined;
    if (run.goesOn || run.children > (chains.waiting.get(run)?.size ?? 0)) return undefined;
    for (const child of awaited ?? []) runs.add(child);
    for (let wish = run.waits?.first; wish !== undefined; wish = wish.next) {
      const { owner } = wish.task;
      found ??= wish.task;
      if (pools.has(owner)) continue;
      pools.add(owner);
      if (owner.goesOn) return undefined;
      for (const top of owner.tops()) runs.add(top);
    }
  }
  return found;
}

/** From each run that waits up to those that wait for it. */
function findChains(): Chains {
  const chains: Chains = { waiting: new Map(), awaited: new Map() };
  for (const { run } of openWaits) {
    let child = run;
    for (let parent = child.parent?.live; parent !== undefined; parent = child.parent?.live) {
      const known = chains.awaited.get(parent)?.has(child) === true;
      add(chains.waiting, parent, child);
      if (known || child.slot?.awaited !== true) break;
      add(chains.awaited, parent, child);
      child = parent;
    }
  }
  return chains;
}

function add(map: Map<TaskRun, Set<TaskRun>>, key: TaskRun, value: TaskRun): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}
