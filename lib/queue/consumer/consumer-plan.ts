import { TaskConflictError } from '../errors.js';
import type { QueueSettings } from '../task-options.js';
import type { RunnableTask } from './execution.js';

/** What one consumer runs: a queue, its settings, and its tasks by name. */
export interface ConsumerPlan {
  readonly queue: string;
  readonly settings: QueueSettings;
  readonly tasks: ReadonlyMap<string, RunnableTask>;
}

/** A task with words for messages about it, such as `MailTasks.send`. */
export interface DescribedTask extends RunnableTask {
  readonly description: string;
}

/**
 * Groups tasks by queue.
 * @throws TaskConflictError when two tasks of a queue have one name, or want it consumed in different ways.
 */
export function planConsumers(tasks: Iterable<DescribedTask>): ConsumerPlan[] {
  const plans = new Map<string, Omit<ConsumerPlan, 'tasks'> & { tasks: Map<string, DescribedTask> }>();
  for (const task of tasks) {
    const { queue, name, consumer } = task.settings;
    const plan = plans.get(queue) ?? { queue, settings: consumer, tasks: new Map<string, DescribedTask>() };
    plans.set(queue, plan);
    const first = plan.tasks.values().next().value;
    if (first) agree(first, task);
    const same = plan.tasks.get(name);
    if (same) {
      throw new TaskConflictError(
        `${same.description} and ${task.description} are both task '${name}' on queue '${queue}': give one another name or another queue.`,
      );
    }
    plan.tasks.set(name, task);
  }
  return [...plans.values()];
}

function agree(first: DescribedTask, second: DescribedTask): void {
  for (const key of Object.keys(first.settings.consumer) as (keyof QueueSettings)[]) {
    const [one, other] = [first.settings.consumer[key], second.settings.consumer[key]];
    if (one !== other) {
      throw new TaskConflictError(
        `${first.description} and ${second.description} share queue '${first.settings.queue}', but '${key}' is ${one} for one ` +
          `and ${other} for the other: give both the same, or each a queue of its own.`,
      );
    }
  }
}
