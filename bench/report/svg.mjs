// Just enough SVG: elements as strings, text escaped.
const escape = (text) =>
  String(text).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);

export function element(tag, attributes, children = []) {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(round(value))}"`);
  const inner = Array.isArray(children) ? children.join('\n') : escape(children);
  return inner === '' ? `<${tag}${pairs.join('')}/>` : `<${tag}${pairs.join('')}>${inner}</${tag}>`;
}

const round = (value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value);

export const text = (x, y, content, attributes = {}) => element('text', { x, y, ...attributes }, content);

/** A whole picture on a light card, readable on a dark page too. */
export function picture({ width, height, title }, children) {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}" font-family="system-ui, sans-serif" font-size="13" fill="#1f2933">`;
  const card = element('rect', { width, height, rx: 8, fill: '#ffffff', stroke: '#d9e2ec' });
  const heading = text(24, 34, title, { 'font-size': 18, 'font-weight': 600 });
  return `${[head, card, heading, ...children].join('\n')}\n</svg>\n`;
}
