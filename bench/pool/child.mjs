// One variant of one measurement, alone in its process: fork(child.mjs, [JSON of {measurement, variant, settings}]).
// It says {ready} once everything is loaded and nothing runs, starts on 'go', answers {value} or {error}, and is
// disconnected then.
import { loadMeasurement } from './measurements/index.mjs';

const { measurement, variant, settings } = JSON.parse(process.argv[2]);

process.on('disconnect', () => process.exit());
process.on('unhandledRejection', fail);

try {
  const { prepare } = await loadMeasurement(measurement);
  const work = await prepare(variant, settings);
  process.once('message', () => void work().then((value) => process.send({ value }), fail));
  process.send({ ready: true });
} catch (error) {
  fail(error);
}

function fail(error) {
  process.send({ error: error?.stack ?? String(error) });
}
