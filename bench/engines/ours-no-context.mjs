// The same without AioTaskContext: what following a context costs on this Node.
import * as ours from './ours.mjs';

export const { concurrencies, missing, openProducer, usualConcurrency } = ours;
export const name = 'ours-no-context';
export const label = 'same, context: false';

export const openConsumer = (options) => ours.openConsumer({ ...options, context: false });
