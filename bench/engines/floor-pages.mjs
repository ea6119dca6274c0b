// The floor with pages of 50, as ours stores what is submitted together.
import { bareLoop } from './floor/bare-loop.mjs';

export const name = 'floor-pages';
export const label = 'bare page loop';
export const concurrencies = [1];
export const usualConcurrency = 1;

const PAGE = 50;
const PAGES = 10;
let last = 0;

function write(messages) {
  const pages = [];
  for (let from = 0; from < messages.length; from += PAGE) {
    const envelopes = messages.slice(from, from + PAGE).map((message) => {
      const id = String(++last).padStart(12, '0');
      return `{"v":1,"id":"${id}","args":[${JSON.stringify(message)}]}`;
    });
    pages.push(String(last).padStart(12, '0'), envelopes.join());
  }
  return pages;
}

async function size(redis, messages) {
  const texts = await redis.hvals(messages);
  return texts.reduce((sum, text) => sum + JSON.parse(`[${text}]`).length, 0);
}

export const { openProducer, openConsumer } = bareLoop({ kind: 'pages', write, claimed: PAGES, size });
