// The messages of a run: {n}, numbered from `base`, padded to about `bytes` bytes of JSON when asked.
const OVERHEAD = '{"n":1000000,"pad":""}'.length;

export function messageMaker({ base = 0, bytes = 0 }) {
  if (bytes <= OVERHEAD) return (index) => ({ n: base + index });
  const pad = 'x'.repeat(bytes - OVERHEAD);
  return (index) => ({ n: base + index, pad });
}
