// Small numbers out of many.
export function quantile(values, q) {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export const median = (values) => quantile(values, 0.5);

/** The round whose `key` is the median one: its other figures belong to the same round. */
export function medianRound(rounds, key) {
  return rounds.toSorted((a, b) => a[key] - b[key])[Math.floor(rounds.length / 2)];
}

/** The slope of a straight line through points {x, y}, by least squares. */
export function slope(points) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [meanX, meanY] = [mean((p) => p.x), mean((p) => p.y)];
  const covariance = mean((p) => (p.x - meanX) * (p.y - meanY));
  const variance = mean((p) => (p.x - meanX) ** 2);
  return variance === 0 ? 0 : covariance / variance;
}
