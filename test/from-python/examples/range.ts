// #region range
/** Python's range(count), as a list. */
export const range = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => i);
// #endregion
