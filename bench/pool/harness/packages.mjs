// Where the packages under measurement come from: ours as it was built, the peers from bench/node_modules.
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** In the environment, because each child process needs it too. */
const DIST = 'NB_BENCH_DIST';

const PEERS = new URL('../../node_modules/', import.meta.url).href;

const distUrl = (path) =>
  process.env[DIST] === undefined
    ? new URL(`../../../dist/${path}`, import.meta.url)
    : new URL(path, pathToFileURL(`${process.env[DIST]}/`));

export function useDist(folder) {
  process.env[DIST] = folder;
}

/** The public face of one of our rooms: 'pool', 'flow' or 'executor'. */
export const ours = (room) => import(distUrl(`${room}/index.js`).href);

/** Why a variant cannot run here, or undefined when it can. */
export function obstacle({ room, peer }) {
  if (room && !existsSync(distUrl(`${room}/index.js`))) {
    return 'not built: npm run build (in the root of the repository)';
  }
  if (peer && !isInstalled(peer)) return `${peer} not installed: npm ci (in bench)`;
  return undefined;
}

/** In bench/ itself: the root's tools bring old releases of some of them along. */
function isInstalled(name) {
  try {
    return import.meta.resolve(name).startsWith(PEERS);
  } catch {
    return false;
  }
}
