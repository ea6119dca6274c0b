// Ways to map a source asynchronously and loop over the results: `open` resolves with map(source, work).
import { ours } from '../harness/packages.mjs';

export const variants = {
  amap: { label: 'amap', room: 'flow', open: openAmap({}) },
  'amap-ordered': { label: 'amap, ordered', room: 'flow', ordered: true, open: openAmap({ ordered: true }) },
  'p-map': { label: 'pMapIterable (ordered)', peer: 'p-map', ordered: true, open: openPMapIterable },
};

function openAmap(options) {
  return async ({ concurrency }) => {
    const { amap } = await ours('flow');
    return (source, work) => amap(work, source, { maxAtOnce: concurrency, ...options });
  };
}

async function openPMapIterable({ concurrency }) {
  const { pMapIterable } = await import('p-map');
  // As far ahead of the loop as amap goes.
  return (source, work) => pMapIterable(source, work, { concurrency, backpressure: 2 * concurrency });
}
