import type { ConsumerPlan } from '../../queue/consumer/consumer-plan.js';
import { unknownQueue } from './queue-consumers.js';

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
  for (const name of consume) {
    if (!queues.includes(name)) throw unknownQueue("NbAioPoolModule, option 'consume':", name, queues);
  }
  return plans.filter(({ queue }) => consume.includes(queue));
}
