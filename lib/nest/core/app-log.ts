import { ConsoleLogger, type Logger } from '@nestjs/common';
import { recordError } from '../../queue/result.js';
import { oneLine } from '../one-line.js';
import { RepeatLog, type Entry, type LogParams } from './repeat-log.js';

/**
 * Nest 12 takes a plain object after the message as fields of the line. Nest 11 would print it as lines of its own:
 * there the text, which says the same, is all.
 */
const TAKES_PARAMS = 'stringifyParams' in ConsoleLogger.prototype;

/** What one connection says through Nest's Logger: one line an event, its facts once more as fields, never a payload. */
export class AppLog {
  private readonly repeats = new RepeatLog((entry) => this.write(entry));

  constructor(private readonly logger: Logger) {}

  /** Says what happens once. */
  log(text: string, params: LogParams): void {
    this.write({ level: 'log', text, params });
  }

  /** Says what may happen often: see RepeatLog. @param error its text, if there is one: the kind within the group. */
  repeated(group: string, error: string | undefined, entry: Entry): void {
    this.repeats.say(group, error === undefined ? '' : kindOf(error), entry);
  }

  write({ level, text, params }: Entry): void {
    const line = oneLine(text);
    if (TAKES_PARAMS) this.logger[level](line, params);
    else this.logger[level](line);
  }

  /** Says what was counted. What comes later is still written. */
  close(): void {
    this.repeats.close();
  }
}

/** `Name: message`, in one line. */
export function errorText(error: unknown): string {
  const { name, message } = recordError(error);
  return oneLine(`${name}: ${message}`);
}

/** Two errors that differ in ids and numbers only are of one kind. */
function kindOf(error: unknown): string {
  return errorText(error)
    .slice(0, 120)
    .replace(/\w*\d\w*/g, '#');
}
