import { didYouMean } from '../../options.js';
import type { ConsumerPlan } from '../../queue/consumer/consumer-plan.js';
import { QueueUnknownError } from '../errors.js';

/**
 * The plans that this process consumes, by the module's option `consume`.
 * @throws QueueUnknownError for a queue that no task is on.
 */
export function choosePlans(
  plans: readonly ConsumerPlan[],
  consume: boolean | readonly string[],
): readonly ConsumerPlan[] {
  if (typeof consume === 'boolean') return consume ? plans : [];
  const queues = plans.map(({ queue }) => queue);
  for (const name of consume) if (!queues.includes(name)) throw unknownQueue(name, queues);
  return plans.filter(({ queue }) => consume.includes(queue));
}

function unknownQueue(name: string, queues: readonly string[]): QueueUnknownError {
  const known = queues.length === 0 ? 'There is none' : `The queues are '${queues.join("', '")}'`;
  return new QueueUnknownError(
    `NbAioPoolModule: option 'consume' names queue '${name}', but no task of a provider is on it` +
      `${didYouMean(name, queues)} ${known}.`,
  );
}
