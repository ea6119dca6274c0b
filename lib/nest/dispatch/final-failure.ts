import { HttpException } from '@nestjs/common';
import { UnrecoverableError } from '../../queue/index.js';
import { textWithout } from '../../queue/redaction.js';

/** Why another run would fail, too: a guard refused the call, or a pipe its arguments. */
export interface Verdict {
  readonly kind: 'refused' | 'invalid';
  /** Which guard, or which pipe. */
  readonly by: string;
  /** The argument that the pipe refused. */
  readonly value?: unknown;
}

/** How many issues a message lists. */
const SHOWN = 10;

/**
 * What makes the message dead at once.
 * @param error what the guard or the pipe threw. @param failure what the filters made of it.
 */
export function finalFailure(
  task: string,
  { kind, by, value }: Verdict,
  error: unknown,
  failure: unknown,
): unknown {
  if (failure instanceof UnrecoverableError) return failure;
  const why = failure === error ? textWithout(issuesOf(error), value) : textOf(failure);
  return kind === 'refused'
    ? new UnrecoverableError(`${task} was refused by guard ${by}: ${why}`, { cause: failure })
    : new UnrecoverableError(`The arguments of ${task} did not pass pipe ${by}: ${why}`, {
        cause: failure,
        reason: 'invalid',
      });
}

/** ValidationPipe lists its issues in the response, and nowhere else. */
function issuesOf(error: unknown): string {
  const response = error instanceof HttpException ? error.getResponse() : undefined;
  const { message } = (typeof response === 'object' ? response : {}) as { message?: unknown };
  if (!Array.isArray(message)) return textOf(error);
  const shown = message.slice(0, SHOWN).map(String);
  if (message.length > SHOWN) shown.push(`and ${message.length - SHOWN} more`);
  return shown.join('; ');
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
