// What the samples of a process's resident memory come to.
import { median, medianRound, slope } from '../../harness/statistics.mjs';

/** The figures are medians of the rounds; the points are those of the round with the median growth. */
export function summarizeMemory(answers) {
  const rounds = answers.map(summarizeRound);
  const middle = (key) => median(rounds.map((round) => round[key]));
  const keys = ['count', 'seconds', 'perSecond', 'idle', 'growth', 'drift', 'rise'];
  const { points } = medianRound(rounds, 'growth');
  return {
    ...Object.fromEntries(keys.map((key) => [key, middle(key)])),
    rounds: Object.fromEntries(keys.map((key) => [key, rounds.map((round) => round[key])])),
    points,
  };
}

/**
 * Growth is the highest sample of the whole run over the median of the idle ones. Drift is the slope of a line through
 * the last three quarters of the run, times their length. Rise is the highest sample of the last quarter over that of
 * the second one: between two collections the memory goes up and down, and V8 gives back less from time to time.
 */
function summarizeRound({ value, samples, started, ended }) {
  const points = samples.map(({ at, rss }) => ({ x: (at - started) / 1e6, y: rss }));
  const seconds = (ended - started) / 1e6;
  const idle = median(points.filter(({ x }) => x < 0).map(({ y }) => y));
  const running = points.filter(({ x }) => x >= 0 && x <= seconds);
  const peak = (from, to) =>
    Math.max(...running.filter(({ x }) => x >= from * seconds && x <= to * seconds).map(({ y }) => y));
  const late = running.filter(({ x }) => x >= seconds / 4);
  return {
    count: value.count,
    seconds,
    perSecond: value.count / seconds,
    idle,
    growth: Math.max(0, ...running.map(({ y }) => y - idle)),
    rise: peak(0.75, 1) - peak(0.25, 0.5),
    drift: late.length > 1 ? slope(late) * seconds * 0.75 : 0,
    points,
  };
}
