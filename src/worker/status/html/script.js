
(() => {
'use strict';
const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
const told = document.getElementById('told');
const tell = (text, isOld) => { if (told.textContent !== text) told.textContent = text; told.classList.toggle('old', !!isOld); };

// After a change: back to where it was asked for.
const back = document.querySelector('a[data-back]');
if (back) setTimeout(() => location.replace(back.href), Number(back.dataset.after) * 1000);

// A filter for the rows of members, by member, state and route.
const rows = () => all('table.members tbody tr');
let filter = null;
const sift = () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows()) {
    const text = [0, 1, 10].map(at => row.cells[at].textContent).join(' ').toLowerCase();
    row.hidden = !words.every(word => text.includes(word));
    if (!row.hidden) shown += 1;
  }
  if (words.length) for (const folded of all('details.members')) folded.open = true;
  tell(words.length ? `${shown} of ${rows().length} members shown` : '');
};
if (rows().length > 5) {
  const label = document.createElement('label');
  filter = document.createElement('input');
  filter.type = 'search';
  filter.placeholder = 'name, state, route';
  filter.addEventListener('input', sift);
  label.append('Filter members ', filter);
  document.querySelector('nav').append(label);
}

// Figures in place: the page is fetched again, and what differs is taken over.
const seen = new WeakMap();
const take = (old, fresh) => {
  const html = fresh.innerHTML;
  if ((seen.get(old) ?? old.innerHTML) === html || old.contains(document.activeElement)) return;
  const open = all('details', old).map(each => each.open);
  old.innerHTML = html;
  all('details', old).forEach((each, at) => { each.open = open[at] ?? each.open; });
  seen.set(old, html);
};
const history = new Map();
const SVG = 'http://www.w3.org/2000/svg';
const draw = (row, now) => {
  const cell = row.cells[row.closest('table').className === 'alone' ? 1 : 3];
  const count = Number(row.dataset.requests);
  const past = history.get(row.id) ?? {count, now, rates: []};
  if (now > past.now) {
    const rate = Math.max(0, count - past.count) * 1000 / (now - past.now);
    past.rates = past.rates.concat(rate).slice(-40);
    past.count = count;
    past.now = now;
  }
  history.set(row.id, past);
  if (past.rates.length < 2) return;
  if (!seen.has(cell)) seen.set(cell, cell.innerHTML);
  all('.spark,.rate', cell).forEach(old => old.remove());
  const most = Math.max(...past.rates, 1);
  const line = document.createElementNS(SVG, 'polyline');
  line.setAttribute('points', past.rates.map((rate, at) => `${(at * 100 / (past.rates.length - 1)).toFixed(1)},${(19 - rate * 18 / most).toFixed(1)}`).join(' '));
  const spark = document.createElementNS(SVG, 'svg');
  spark.setAttribute('class', 'spark');
  spark.setAttribute('viewBox', '0 0 100 20');
  spark.setAttribute('preserveAspectRatio', 'none');
  spark.setAttribute('aria-hidden', 'true');
  spark.append(line);
  const text = document.createElement('small');
  text.className = 'rate';
  text.textContent = `now ${past.rates.at(-1).toFixed(1)}/s`;
  cell.append(spark, text);
};
const merge = fresh => {
  const live = all('[data-live]');
  const ids = root => all('[data-live]', root).map(each => each.id).join(' ');
  if (ids(document) !== ids(fresh)) { location.reload(); return; }
  for (const old of live) {
    const other = fresh.getElementById(old.id);
    if (old.tagName !== 'TR') { take(old, other); continue; }
    Array.from(old.cells).forEach((cell, at) => { if (other.cells[at]) take(cell, other.cells[at]); });
    old.dataset.requests = other.dataset.requests;
  }
  const now = Date.now();
  all('tr[data-requests]').forEach(row => draw(row, now));
  if (filter && filter.value) sift();
};
const every = Number(document.body.dataset.refresh) * 1000;
const refresh = async () => {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, {cache: 'no-store', credentials: 'same-origin'});
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      merge(new DOMParser().parseFromString(await answer.text(), 'text/html'));
      if (told.classList.contains('old')) tell('');
    } catch (error) {
      tell(`These figures are old: the server does not answer (${error.message}). It is asked again.`, true);
    }
  }
  setTimeout(refresh, every);
};
if (every > 0) {
  const now = Date.now();
  all('tr[data-requests]').forEach(row => draw(row, now));
  setTimeout(refresh, every);
}
})();
