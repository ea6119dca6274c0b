// Kept from the beginning, so that nothing that patches the prototype later runs within the pool.
// oxlint-disable-next-line typescript/unbound-method -- called with `call`
export const nativeThen = Promise.prototype.then;

/**
 * What a task returned, as a promise to wait for; undefined when it is a plain value. Only a promise with
 * the native `then` is taken as it is: a thenable may call back twice, or start its work in `then`. What has it and is
 * no promise throws when it is followed, so callers follow within the `try` that they look in.
 *
 * @throws whatever looking at `then` throws.
 */
export function asPromise(returned: unknown): Promise<unknown> | undefined {
  if (returned === null || (typeof returned !== 'object' && typeof returned !== 'function')) return undefined;
  const { then } = returned as { then?: unknown };
  if (then === nativeThen) return returned as Promise<unknown>;
  if (typeof then !== 'function') return undefined;
  return new Promise((resolve, reject) => {
    then.call(returned, resolve, reject);
  });
}

/** `promise.then(onDone, onFailed)` for a promise from `asPromise`, whose callbacks do not throw. */
export function follow(
  promise: Promise<unknown>,
  onDone: (value: unknown) => void,
  onFailed: (error: unknown) => void,
) {
  void nativeThen.call(promise, onDone, onFailed);
}
