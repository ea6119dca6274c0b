/** Whether it has to be waited for: `Promise.resolve` tells the rest. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
