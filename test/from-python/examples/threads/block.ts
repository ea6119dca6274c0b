// #region block
const never = new Int32Array(new SharedArrayBuffer(4));

/** Python's time.sleep: blocks the whole thread. */
export function block(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}
// #endregion
