// How figures are written.
export const megabytes = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1));

/** What one task takes at so many a second. */
export const nanoseconds = (perSecond) => 1e9 / perSecond;

export function rangeText(rounds, format) {
  const [lowest, highest] = [Math.min(...rounds), Math.max(...rounds)];
  return rounds.length === 1 ? format(lowest) : `${format(lowest)} to ${format(highest)}`;
}

/** Small ones as fractions: 1/20 says more than 0.05. */
export function ratioText(ratio) {
  if (ratio === undefined) return '';
  return ratio < 0.1 ? `1/${Math.round(1 / ratio)}` : ratio.toFixed(2);
}
