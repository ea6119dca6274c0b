import type { Knotted } from './knots.js';
import type { Task } from './task.js';
import type { TaskRun } from './task-run.js';
import { openWaits, type RoomWait } from './waits.js';

type Node = TaskRun | Knotted;

/** The runs that wait, and what is known of their children. */
interface Chains {
  /** Children that wait, of each run. */
  readonly waiting: Map<TaskRun, Set<TaskRun>>;
  /** Those of them that their parent, or somebody, waits for in turn. */
  readonly awaited: Map<TaskRun, Set<TaskRun>>;
}

/**
 * Who has hope at one moment: a run that can go on, for all that is known, and whoever waits for something that has
 * hope. A run needs what it waits for; who waits for a slot or for room in a pool needs the pool; and a pool needs the
 * runs on its slots. Room that is there already is hope, too. Takes time by the number of runs and waits that can be
 * reached, and not more for many starts.
 */
export class Outlook {
  readonly #chains: Chains = findChains();
  readonly #needs = new Map<Node, Node[]>();
  readonly #neededBy = new Map<Node, Node[]>();
  readonly #hopeful = new Set<Node>();

  constructor(starts: Iterable<TaskRun>) {
    const nodes = new Set<Node>(starts);
    // A set that grows while it is visited.
    for (const node of nodes) {
      const needs = isPool(node) ? needsOfPool(node) : this.#needsOfRun(node);
      if (needs === undefined) {
        this.#hopeful.add(node);
        continue;
      }
      this.#needs.set(node, needs);
      for (const need of needs) {
        nodes.add(need);
        push(this.#neededBy, need, node);
      }
    }
    this.#spread([...this.#hopeful]);
  }

  isHopeless(run: TaskRun): boolean {
    return !this.#hopeful.has(run);
  }

  /** From now on. */
  goesOn(node: Node): void {
    if (this.#hopeful.has(node)) return;
    this.#hopeful.add(node);
    this.#spread([node]);
  }

  /**
   * What holds a run without hope: the first task found that waits for a slot; and all the waiting for room, which
   * says something only where there is no such task.
   */
  knotOf(start: TaskRun): { task?: Task; rooms: RoomWait[] } {
    const nodes = new Set<Node>([start]);
    const rooms: RoomWait[] = [];
    for (const node of nodes) {
      if (!isPool(node) && node.waits !== undefined) {
        const task = node.waits.first?.task;
        if (task !== undefined) return { task, rooms };
        rooms.push(...node.waits.rooms);
      }
      for (const need of this.#needs.get(node) ?? []) nodes.add(need);
    }
    return { rooms };
  }

  #spread(from: Node[]): void {
    for (let node = from.pop(); node !== undefined; node = from.pop()) {
      for (const each of this.#neededBy.get(node) ?? []) {
        if (this.#hopeful.has(each)) continue;
        this.#hopeful.add(each);
        from.push(each);
      }
    }
  }

  /** Undefined when it can go on. */
  #needsOfRun(run: TaskRun): Node[] | undefined {
    const { waits } = run;
    const awaited = this.#chains.awaited.get(run);
    const isBlocked = waits !== undefined && !waits.isEmpty;
    if (!isBlocked && awaited === undefined) return undefined;
    if (run.children > (this.#chains.waiting.get(run)?.size ?? 0)) return undefined;
    const needs = new Set<Node>(awaited);
    if (!isBlocked) return [...needs];
    for (let wish = waits.first; wish !== undefined; wish = wish.next) needs.add(wish.task.owner);
    for (const task of waits.tasks) if (task.run !== undefined) needs.add(task.run);
    for (const room of waits.rooms) {
      // Should others take it, whoever holds slots there is asked in the next turn (`RoomWaiters`).
      if (room.isNear) return undefined;
      needs.add(room.pool);
    }
    return [...needs];
  }
}

function needsOfPool(pool: Knotted): Node[] | undefined {
  return pool.goesOn ? undefined : [...pool.tops()];
}

function isPool(node: Node): node is Knotted {
  return 'tops' in node;
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

function push(map: Map<Node, Node[]>, key: Node, value: Node): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
