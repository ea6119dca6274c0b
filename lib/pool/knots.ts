import { Outlook } from './outlook.js';
import type { Task } from './task.js';
import type { TaskRun } from './task-run.js';
import { mayBeTied } from './waits.js';

/** What untying needs of a pool. */
export interface Knotted {
  /** Whether some task there can go on for all that is known, or will when the pool is resumed. */
  readonly goesOn: boolean;
  /** One of the runs on its slots, and a likely one to go on. */
  readonly likely: TaskRun | undefined;
  /** The runs on its slots, those that lend their slot not counted. */
  tops(): Iterable<TaskRun>;
  /** Starts the task on the slot of one of these, which it returns. */
  lendAny(task: Task): TaskRun | undefined;
}

/** Runs to ask about, until the end of this microtask. */
let asked = new Set<TaskRun>();

/** How far to follow the first of what a run waits for, before a look at all of it. */
const STEPS = 8;

/**
 * Tasks of several full pools can wait for each other in a circle: each pool's slots are held by tasks that wait for
 * a task that waits for a slot of another of these pools. No slot would ever be free again. So whenever a run begins
 * to wait for a task that is not running and its child, and whenever one of several things that it waits for, or one
 * of those that could still have gone on, comes to an end, it is asked whether anything that `start` waits for,
 * directly or by way of others, can still go on. If nothing can, one of the tasks that they all wait for
 * starts on the slot of a run of its pool, which cannot go on before. If they wait for no such task, but for room, they
 * are told that none will come.
 *
 * Mostly the answer is found in a few steps. Else it comes a microtask later, and for all who asked at once: a circle
 * does not go away by itself, and a look takes as long as there are runs that wait.
 */
export function untie(start: TaskRun | undefined): void {
  if (start === undefined || !mayBeTied() || seemsToGoOn(start)) return;
  if (asked.size === 0) queueMicrotask(untieAll);
  asked.add(start);
}

function untieAll(): void {
  const starts = asked;
  asked = new Set();
  const hope = new Map<Knotted, boolean>();
  const doubtful = [...starts].filter(
    (run) => run.slot !== undefined && !seemsToGoOn(run) && !hasHope(run, hope),
  );
  if (doubtful.length === 0) return;
  const outlook = new Outlook(doubtful);
  for (const run of doubtful) if (outlook.isHopeless(run)) untieOne(run, outlook);
}

function untieOne(start: TaskRun, outlook: Outlook): void {
  const { task, rooms } = outlook.knotOf(start);
  if (task === undefined) {
    // What started a moment ago, for another knot, may have made room.
    const near = rooms.filter((room) => room.isNear);
    if (near.length === 0) for (const room of rooms) room.refuse();
    for (const { pool } of near.length === 0 ? rooms : near) outlook.goesOn(pool);
    return;
  }
  const { owner } = task;
  // What started a moment ago, for another knot, may have changed anything at once.
  const lender = owner.goesOn ? undefined : owner.lendAny(task);
  outlook.goesOn(owner);
  // The task may have ended at once, and left both as they were.
  untie(start);
  untie(lender);
}

/** Nearly always: by the first of what it waits for, the first of what that waits for, and so on. */
function seemsToGoOn(start: TaskRun): boolean {
  let run: TaskRun | undefined = start;
  for (let step = 0; run !== undefined && step < STEPS; step++) {
    if (run.goesOn) return true;
    const { waits }: TaskRun = run;
    run = waits?.anyPool?.likely ?? waits?.anyTask?.run;
  }
  return false;
}

/** Whether somebody in the pool that it waits for can go on; looked up once for each pool. */
function hasHope({ waits }: TaskRun, known: Map<Knotted, boolean>): boolean {
  const pool = waits?.anyPool;
  if (pool === undefined) return false;
  let hope = known.get(pool);
  if (hope === undefined) known.set(pool, (hope = pool.goesOn));
  return hope;
}
