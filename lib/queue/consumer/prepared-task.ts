import { InvalidOptionError } from '../../errors.js';
import type { ContextPropagator } from '../propagation.js';
import { isThenable } from '../thenable.js';
import type { Delivery } from './delivery.js';
import type { RunnableTask } from './execution.js';

type Run = RunnableTask['run'];

/**
 * The task with all that its settings put around a run: propagators from the first inwards, then the schema. The same
 * task when there is neither, so that those pay nothing.
 */
export function prepared(task: RunnableTask): RunnableTask {
  const { settings } = task;
  const { propagators } = settings;
  if (settings.schema === undefined && propagators.length === 0) return task;
  const run = propagators.reduceRight<Run>(
    (inner, propagator) => (args, delivery) => restored(propagator, delivery, () => inner(args, delivery)),
    checked(task),
  );
  return { settings, run };
}

/** Gives the task its schema's output. */
function checked(task: RunnableTask): Run {
  const { schema } = task.settings;
  const run: Run = (args, delivery) => task.run(args, delivery);
  if (schema === undefined) return run;
  return (args, delivery) => {
    const values = schema.validate(args, delivery.id);
    return isThenable(values)
      ? values.then((late) => run(late as readonly never[], delivery))
      : run(values as readonly never[], delivery);
  };
}

/**
 * One that forgets to call `run` would lose the task, and one that calls it twice would run it twice. The run ends when
 * both have ended, `restore` and the task, so that the slot stays taken; and whatever `restore` makes of it, the task's own
 * value or error is the outcome.
 */
function restored(propagator: ContextPropagator, { headers, task }: Delivery, run: () => unknown): unknown {
  let calls = 0;
  let begun: unknown;
  let over = false;
  const once = (): unknown => {
    // Too late: this run has failed, and may be repeated.
    if (over) return undefined;
    if (++calls > 1) throw misused(task, 'twice');
    return (begun = watched(run()));
  };
  const answered = (): unknown => {
    over = true;
    if (calls === 0) throw misused(task, 'never');
    return begun;
  };
  const thrown = (error: unknown): unknown => {
    over = true;
    if (!isThenable(begun)) throw error;
    return begun.then(() => {
      throw error;
    });
  };
  let value: unknown;
  try {
    value = propagator.restore(headers, once);
  } catch (error) {
    return thrown(error);
  }
  // One that restores asynchronously may call it later.
  return isThenable(value) && value !== begun ? value.then(answered, thrown) : answered();
}

/** Of one that answers without `run`'s answer nobody may have looked at it yet when it fails: that is no unhandled rejection. */
function watched(answer: unknown): unknown {
  if (!isThenable(answer)) return answer;
  const promise = Promise.resolve(answer);
  promise.catch(() => {});
  return promise;
}

function misused(task: string, howOften: 'never' | 'twice'): InvalidOptionError {
  return new InvalidOptionError(
    `Option 'propagators' of task '${task}': restore(headers, run) must call run once, but called it ${howOften}.`,
  );
}
