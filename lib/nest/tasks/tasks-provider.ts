import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { Connection } from '../core/connection.js';
import { connectionsOf, demand, injectConnection, recordedConnections } from '../core/known-connections.js';
import { taskAskers } from './task-classes.js';
import { noTasks, TaskHandles } from './task-handles.js';
import { readTasks, type TaskClass } from './task-metadata.js';
import { connectionOf } from './task-options.js';

/** A provider of the `Tasks` of a class. @param reference to the class, which may not be defined yet */
export function tasksProvider(
  provide: InjectionToken,
  reference: () => TaskClass,
  asker?: string,
): FactoryProvider<Promise<object | undefined>> {
  const names = connectionNames(reference) ?? recordedConnections();
  return {
    provide,
    inject: [TaskHandles, ModulesContainer, ...names.map(injectConnection)],
    useFactory: async (
      handles: TaskHandles,
      modules: ModulesContainer,
      ...connections: (Connection | undefined)[]
    ) => {
      const who = asker ?? taskAskers.askedBy(provide, modules);
      // Another application of this process may have asked for it, in vain.
      if (who === undefined && !isUsable(reference, modules)) return undefined;
      const task = reference();
      if (readTasks(task.prototype as object).length === 0) throw noTasks(task, who);
      const found = new Map(names.map((name, i) => [name, connections[i]]));
      return handles.of(task, await finder(task, found, modules, who));
    },
  };
}

/** All that the class needs, found before the first handle is made. @throws ConnectionUnknownError */
async function finder(
  task: TaskClass,
  found: ReadonlyMap<string, Connection | undefined>,
  modules: ModulesContainer,
  who = 'Somebody',
): Promise<(name: string) => Connection> {
  const needed = new Map<string, Connection>();
  for (const { method, options } of readTasks(task.prototype as object)) {
    const name = connectionOf(options);
    const what = `${who} asks for the tasks of ${task.name}, and its method ${method} is on`;
    needed.set(name, await demand(found.get(name), name, modules, what));
  }
  return (name) => needed.get(name) as Connection;
}

/** The connections that a class's tasks are on; undefined while it is not defined. */
function connectionNames(reference: () => TaskClass): string[] | undefined {
  try {
    const tasks = readTasks(reference().prototype as object);
    return [...new Set(tasks.map(({ options }) => connectionOf(options)))];
  } catch {
    return undefined;
  }
}

/** Whether the class is defined, has tasks, and this application has the connections that they are on. */
function isUsable(reference: () => TaskClass, modules: ModulesContainer): boolean {
  const names = connectionNames(reference) ?? [];
  const known = connectionsOf(modules);
  return names.length > 0 && names.every((name) => known.includes(name));
}
