import type { Rule, Rules } from '../../options.js';
import type { TaskOptions } from '../../queue/index.js';

/** The connection of everything that does not name one. */
export const DEFAULT_CONNECTION = 'default';

/** Part of tokens and of log lines: so few characters. */
export const connectionName: Rule = (value) =>
  typeof value === 'string' && /^[\w.-]{1,100}$/.test(value)
    ? undefined
    : "a string of 1 to 100 letters, digits, '_', '-' and '.'";

/** The options of `@AioTask`. @publicApi */
export interface NestTaskOptions extends TaskOptions {
  /**
   * Which of the application's connections the task is on: the option `name` of a `forRoot`. Submits go there, and
   * it is consumed from there. Default `default`, the connection of a `forRoot` without a name.
   */
  connection?: string;
}

/** What comes to the rules of all tasks. */
export const TASK_CONNECTION_RULE: Rules<Pick<NestTaskOptions, 'connection'>> = {
  connection: connectionName,
};

export function connectionOf({ connection }: Readonly<NestTaskOptions>): string {
  return connection ?? DEFAULT_CONNECTION;
}
