// One measurement: each of its variants once a round, so that whatever disturbs the machine meets all of them.
import { freemem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { obstacle } from './harness/packages.mjs';
import { runAlone } from './harness/process.mjs';
import { loadMeasurement } from './measurements/index.mjs';

/** {title, settings, variants: {name: {label, ...figures}}, failed: [name]} */
export async function measure(name, { plan, only, say }) {
  const measurement = await loadMeasurement(name);
  const { title, sampled, summarize } = measurement;
  const settings = plan[name];
  const runnable = runnableVariants(measurement.variants, only, (text) => say(`${name}: ${text}`));
  const answers = new Map(runnable.map((variant) => [variant, []]));
  const failed = [];
  for (let round = 1; round <= measurement.rounds(plan); round++) {
    for (const variant of answers.keys()) {
      const task = {
        measurement: name,
        variant,
        settings: fit(settings, measurement.variants[variant], say),
      };
      try {
        answers.get(variant).push(await runAlone(task, sampled && settings));
        say(`${name}, round ${round}: ${variant}`);
      } catch (error) {
        say(error.stack);
        failed.push(variant);
        answers.delete(variant);
      }
    }
  }
  const figures = [...answers].map(([variant, rounds]) => [
    variant,
    { ...describe(measurement.variants[variant]), ...summarize(rounds) },
  ]);
  return { title, settings, variants: Object.fromEntries(figures), failed };
}

/** Whose it is decides its colour. */
function describe({ label, room, peer }) {
  return { label, side: room ? 'ours' : peer ? 'peer' : 'floor' };
}

function runnableVariants(variants, only, say) {
  return Object.keys(variants).filter((name) => {
    if (only !== undefined && !only.includes(name)) return false;
    const reason = obstacle(variants[name]);
    if (reason) say(`${name} left out, ${reason}`);
    return reason === undefined;
  });
}

/** A variant that holds everything in memory gets fewer tasks where the machine, or V8's heap, has no room for all. */
function fit(settings, { bytesEach }, say) {
  if (bytesEach === undefined) return settings;
  const room = 0.6 * Math.min(freemem(), getHeapStatistics().heap_size_limit);
  const count = Math.min(settings.count, Math.floor(room / bytesEach));
  if (count < settings.count) {
    say(`only ${count.toLocaleString('en-US')} tasks all at once: more may not fit in memory`);
  }
  return { ...settings, count };
}
