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

/** One that forgets to call `run` would lose the task, and one that calls it twice would run it twice. */
function restored(propagator: ContextPropagator, { headers, task }: Delivery, run: () => unknown): unknown {
  let calls = 0;
  let begun: unknown;
  const once = (): unknown => {
    if (++calls > 1) throw misused(task, 'twice');
    return (begun = run());
  };
  const proof = (value: unknown): unknown => {
    if (calls === 0) throw misused(task, 'never');
    return value;
  };
  let value: unknown;
  try {
    value = propagator.restore(headers, once);
  } catch (error) {
    if (!isThenable(begun)) throw error;
    // The task runs already: its slot stays taken until it ends, and an error of its own counts more.
    return begun.then(() => {
      throw error;
    });
  }
  // One that restores asynchronously calls it later.
  return calls === 0 && isThenable(value) ? value.then(proof) : proof(value);
}

function misused(task: string, howOften: 'never' | 'twice'): InvalidOptionError {
  return new InvalidOptionError(
    `Option 'propagators' of task '${task}': restore(headers, run) must call run once, but called it ${howOften}.`,
  );
}
