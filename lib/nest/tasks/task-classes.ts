import { Askers } from '../askers.js';
import type { TaskClass } from './task-metadata.js';

/**
 * Every class that has tasks or is injected as tasks, by the token of its `Tasks` object: metadata of the
 * process, from which each application makes its providers.
 */
const classes = new Map<symbol, () => TaskClass>();
const tokens = new WeakMap<TaskClass, symbol>();

/** Who injects which of them. */
export const taskAskers = new Askers();

/** The token of a class: the same for every call. */
export function tokenOfClass(task: TaskClass): symbol {
  const known = tokens.get(task);
  if (known) return known;
  const token = Symbol(`Tasks<${task.name}>`);
  tokens.set(task, token);
  classes.set(token, () => task);
  return token;
}

/** A token of its own for a class that is not defined yet. */
export function tokenOfReference(reference: () => TaskClass): symbol {
  const token = Symbol('Tasks<() => ...>');
  classes.set(token, reference);
  return token;
}

export function knownTaskClasses(): ReadonlyMap<symbol, () => TaskClass> {
  return classes;
}
