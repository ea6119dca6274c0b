import { describeEvent, type ConsumerEvent, type OnConsumerEvent } from '../../queue/index.js';
import { errorText, type AppLog } from '../core/app-log.js';
import type { LogParams } from '../core/repeat-log.js';

const LEVELS: Readonly<Record<ConsumerEvent['type'], 'log' | 'warn' | 'error'>> = {
  'task-failed': 'warn',
  'task-dead': 'error',
  'task-unknown': 'warn',
  'lease-lost': 'error',
  'dead-dropped': 'warn',
  'broker-failing': 'error',
  'broker-recovered': 'log',
  'stop-overdue': 'warn',
};

/** One line an event, and never a payload. What repeats is counted. */
export function logEvents(log: AppLog): OnConsumerEvent {
  return (event) => {
    const { type, ...facts } = event;
    const task = 'task' in facts ? facts.task : '';
    const error = 'error' in facts && facts.error !== undefined ? errorText(facts.error) : undefined;
    // Of an error its name and message only: it may hold anything.
    const { error: _error, ...plain } = facts as { error?: unknown };
    const params: LogParams = { event: type, ...plain, ...(error === undefined ? {} : { error }) };
    log.repeated(`${type} ${facts.queue} ${task}`, error, {
      level: LEVELS[type],
      text: describeEvent(event),
      params,
    });
  };
}
