// The tests start Redis servers of their own. This finds a server binary, installs one where it can
// (Debian and its relatives, as root or through sudo without a password), or says what to do.
import { spawnSync } from 'node:child_process';

const found = () =>
  [process.env.NB_REDIS_SERVER, 'redis-server', 'valkey-server'].find(
    (name) => name && spawnSync(name, ['--version']).status === 0,
  );

function installWithApt() {
  if (spawnSync('apt-get', ['--version']).status !== 0) return;
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const run = (...args) => {
    const [command, ...rest] = [...asRoot, 'apt-get', ...args];
    // The service that the package would start is not wanted: each test starts its own server.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    return spawnSync(command, rest, { stdio: ['ignore', 2, 2], env }).status === 0;
  };
  console.error('No redis-server found: installing it with apt-get ...');
  if (!run('install', '-y', '--no-install-recommends', 'redis-server')) {
    if (run('update')) run('install', '-y', '--no-install-recommends', 'redis-server');
  }
}

if (!found()) installWithApt();
if (!found()) {
  console.error(
    'The tests need a redis-server or valkey-server (6.2 or newer) on the PATH, or its path in NB_REDIS_SERVER: ' +
      'install the package "redis" or "valkey" of your system (macOS: brew install redis).',
  );
  process.exit(1);
}
