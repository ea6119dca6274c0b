// Holds the handlers back until everything is in place, so that boot and filling are not measured.
export function createGate() {
  let release;
  let opened;
  const gate = { waiting: 0, close, open, pass };

  function close() {
    gate.waiting = 0;
    opened = new Promise((resolve) => (release = resolve));
  }
  function open() {
    opened = undefined;
    release?.();
  }
  /** Undefined when open: a handler then goes on without a turn of its own. */
  function pass() {
    if (opened) gate.waiting++;
    return opened;
  }
  return gate;
}
