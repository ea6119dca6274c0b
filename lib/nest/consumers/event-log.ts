import type { Logger } from '@nestjs/common';
import { describeEvent, type ConsumerEvent, type OnConsumerEvent } from '../../queue/index.js';
import { oneLine } from '../one-line.js';

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

/** One line an event, and never a payload. */
export function logEvents(logger: Logger): OnConsumerEvent {
  return (event) => logger[LEVELS[event.type]](oneLine(describeEvent(event)));
}
