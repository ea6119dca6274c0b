// The floor under every bounded pool: lanes that take thunks from a ring of fixed size, and nothing else. It serves
// one submitter, reports no failure, and its results go to `each`.

export function createBoundedLoop({ concurrency, queue, each = () => {} }) {
  const ring = Array.from({ length: queue });
  let [put, taken] = [0, 0];
  let idle = [];
  let roomMade;
  let ended = false;
  const isEmpty = () => taken === put;

  async function lane() {
    for (;;) {
      while (isEmpty()) {
        if (ended) return;
        await new Promise((resolve) => idle.push(resolve));
      }
      const at = taken++ % queue;
      const thunk = ring[at];
      ring[at] = undefined;
      roomMade?.();
      each(await thunk());
    }
  }
  const lanes = Promise.all(Array.from({ length: concurrency }, lane));
  return {
    waiting: () => put - taken,
    /** Undefined while there is room for more, else a promise of room; to be called with room only. */
    put(thunk) {
      ring[put++ % queue] = thunk;
      idle.pop()?.();
      if (put - taken < queue) return undefined;
      return new Promise((resolve) => {
        roomMade = () => {
          roomMade = undefined;
          resolve();
        };
      });
    },
    async end() {
      ended = true;
      for (const wake of idle) wake();
      idle = [];
      await lanes;
    },
  };
}
