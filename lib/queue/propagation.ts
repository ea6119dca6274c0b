import { callable, type Rule } from '../options.js';
import { checkedHeaders, type MessageHeaders } from './headers.js';

/**
 * Carries a part of the caller's async context to where the task runs: a trace, a tenant, a user. OpenTelemetry's
 * propagators are the model (inject and extract); here the carrier is the headers of the message.
 */
export interface ContextPropagator {
  /**
   * Called at each submit, submitMany and run, in the caller's async context, before anything is awaited. Answers what
   * is to travel, or undefined. The submit rejects with what it throws.
   */
  capture(): Record<string, string> | undefined;
  /**
   * Called for each run of a task, with all headers of its message (frozen, and empty when there are none). Must call
   * `run` once, within the context that it restored, and answer what that answers. What it throws fails the run. The
   * task's value or error stays its own, and the slot is taken until both have ended; calls after that do nothing.
   */
  restore<T>(headers: MessageHeaders, run: () => T): T;
}

/** The option `propagators`. */
export const propagatorsRule: Rule = (value) =>
  Array.isArray(value) && value.every(isPropagator)
    ? undefined
    : 'a list of propagators, each with the methods capture() and restore(headers, run)';

function isPropagator(value: unknown): value is ContextPropagator {
  const { capture, restore } = (value ?? {}) as Partial<ContextPropagator>;
  return callable(capture) === undefined && callable(restore) === undefined;
}

/**
 * What all of them capture now; a later one wins over an earlier one, and `own` over all.
 * @param task whose call it is, for the message. @throws what a propagator throws; InvalidOptionError for what are no headers
 */
export function captureHeaders(
  task: string,
  propagators: readonly ContextPropagator[],
  own?: MessageHeaders,
): MessageHeaders {
  // Without a prototype, so that no name is special.
  const headers = Object.create(null) as Record<string, string>;
  propagators.forEach((propagator, i) => {
    const captured: unknown = propagator.capture();
    if (captured === undefined) return;
    Object.assign(
      headers,
      checkedHeaders(`What capture() of propagator ${i + 1} of task '${task}' answers`, captured),
    );
  });
  return Object.assign(headers, own);
}
