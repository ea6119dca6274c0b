// One process of a measurement: `fork(child.mjs, [engine, role])`. It answers {id, command, args} messages
// with {id, value} or {id, error}; the commands are the methods of child/producer.mjs and child/consumer.mjs.
import { loadEngine } from './engines/index.mjs';
import { createConsumer } from './child/consumer.mjs';
import { createProducer } from './child/producer.mjs';

const [engineName, role] = process.argv.slice(2);
const engine = await loadEngine(engineName);
const commands = role === 'producer' ? createProducer(engine) : createConsumer(engine);

process.on('message', ({ id, command, args }) => void answer(id, command, args));
process.on('disconnect', () => process.exit());
process.send({ ready: true });

async function answer(id, command, args) {
  try {
    process.send({ id, value: await commands[command](args) });
  } catch (error) {
    process.send({ id, error: error?.stack ?? String(error) });
  }
}
