'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const fill = (form, ...values) => values.reduce((text, value) => text.replace('{}', value), form);
  const entries = all('details.entry'), days = all('.day'), forms = all('.review');
  const signOff = document.querySelector('.sign-off'), author = $('author');
  const decision = (form) => form.querySelector(':checked')?.value ?? '';
  const comment = (form) => form.querySelector('textarea').value.trim();
  const reviewed = (form) => Boolean(decision(form) || comment(form));
  all('.with-script').forEach((part) => { part.hidden = false; });

  // What to show.
  const words = new Map(entries.map((entry) => [entry, entry.textContent.toLowerCase()]));
  const filter = () => {
    const sought = $('search').value.trim().toLowerCase();
    let shown = 0;
    for (const entry of entries) {
      const form = entry.querySelector('.review');
      entry.hidden = !((!sought || words.get(entry).includes(sought))
        && (!$('phase').value || entry.dataset.phase === $('phase').value)
        && (!$('mode').value || entry.dataset.mode === $('mode').value)
        && (!$('warned').checked || entry.dataset.found)
        && (!$('open').checked || (form && !reviewed(form))));
      shown += entry.hidden ? 0 : 1;
    }
    for (const day of days) day.hidden = all('.entry', day).every((entry) => entry.hidden);
    $('count').value = shown < entries.length ? fill($('count').dataset.said, shown, entries.length) : '';
  };
  all('#search, #phase, #mode, #warned, #open').forEach((field) => field.addEventListener('input', filter));
  document.querySelector('.filters').addEventListener('submit', (event) => event.preventDefault());
  $('fold').addEventListener('click', () => {
    const open = entries.every((entry) => !entry.open);
    entries.forEach((entry) => { entry.open = open; });
  });
  // A link to what is hidden or folded shows it.
  const reveal = () => {
    const entry = location.hash && $(decodeURIComponent(location.hash.slice(1)));
    if (!entry) return;
    if (entry.hidden || entry.closest('[hidden]')) {
      document.querySelector('.filters').reset();
      filter();
    }
    const folded = entry.closest('details');
    if (folded) folded.open = true;
    entry.scrollIntoView();
  };
  addEventListener('hashchange', reveal);

  // Drafts outlive the tab where the browser lets them.
  const key = `sopengine-review-${signOff.dataset.hash}`;
  const named = new Map(); // by step and slot, which another page of the same campaign shares, and which of several it is
  for (const form of forms) {
    let name = `${form.dataset.step}\n${form.dataset.slot}`;
    while (named.has(name)) name += '+';
    named.set(name, form);
  }
  const keep = () => {
    try {
      const given = [...named].filter(([, form]) => reviewed(form))
        .map(([name, form]) => [name, decision(form), form.querySelector('textarea').value]);
      localStorage.setItem(key, JSON.stringify([author.value, given]));
    } catch { /* no storage here: the fields still hold it */ }
  };
  const bring = () => {
    try {
      const [who, given] = JSON.parse(localStorage.getItem(key)) ?? ['', []];
      author.value ||= who;
      for (const [name, chosen, text] of given) {
        const form = named.get(name);
        if (!form) continue;
        for (const radio of all('input', form)) radio.checked = radio.value === chosen;
        form.querySelector('textarea').value = text;
      }
    } catch { /* none kept, or not readable */ }
  };
  const count = () => { $('progress').value = fill($('progress').dataset.said, forms.filter(reviewed).length, forms.length); };
  document.querySelector('main').addEventListener('input', () => { keep(); count(); });
  bring();
  count();

  // The way back: one line for each message that was reviewed.
  const cell = (value) => {
    const guarded = /^'*[\s\uFEFF]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
  };
  const csv = () => {
    const rows = forms.filter(reviewed).map((form) =>
      [signOff.dataset.hash, form.dataset.step, form.dataset.slot, decision(form), comment(form), author.value.trim(),
      form.dataset.arm ?? '']);
    return [signOff.dataset.columns, ...rows.map((row) => row.map(cell).join(','))].map((line) => `${line}\r\n`).join('');
  };
  $('download').addEventListener('click', () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(['\uFEFF', csv()], { type: 'text/csv' }));
    link.download = `comments-${signOff.dataset.hash.slice(0, 12)}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  $('copy').addEventListener('click', async () => {
    const hidden = document.createElement('textarea');
    hidden.value = csv();
    try {
      await navigator.clipboard.writeText(hidden.value);
    } catch { // a page from a file may not be allowed to
      document.body.append(hidden);
      hidden.select();
      document.execCommand('copy');
      hidden.remove();
    }
    $('progress').value = signOff.dataset.copied;
    setTimeout(count, 2000);
  });

  // By keyboard.
  const step = (list, by) => {
    const visible = list.filter((one) => one.offsetParent);
    const edge = document.querySelector('.toolbar').getBoundingClientRect().bottom;
    const current = document.activeElement.closest?.('.entry');
    const tops = visible.map((one) => one.getBoundingClientRect().top);
    let at = visible.findIndex((one) => one === current || one.contains(current));
    if (at < 0) at = by > 0 ? tops.findIndex((top) => top >= edge) - 1 : tops.findLastIndex((top) => top < edge) + 1;
    const next = visible[at + by];
    if (!next) return;
    next.scrollIntoView({ block: 'start' });
    (next.matches('details') ? next : next.querySelector('details:not([hidden])')).querySelector('summary').focus({ preventScroll: true });
  };
  const here = () => document.activeElement.closest?.('.entry');
  const choose = (number) => all('.review input', here() ?? document.createElement('p'))[number]?.click();
  const clear = () => {
    const chosen = here()?.querySelector('.review :checked');
    if (!chosen) return;
    chosen.checked = false;
    chosen.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const keys = {
    j: () => step(entries, 1), k: () => step(entries, -1), n: () => step(days, 1), p: () => step(days, -1),
    w: () => step(entries.filter((entry) => entry.dataset.found || entry === here()), 1),
    0: () => clear(), 1: () => choose(0), 2: () => choose(1), 3: () => choose(2),
    c: () => here()?.querySelector('textarea')?.focus(), '/': () => $('search').focus(),
  };
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches('textarea, select, input:not([type=radio], [type=checkbox])')) {
      if (event.key === 'Escape') (event.target.closest('.entry')?.querySelector('summary') ?? event.target).focus();
      return;
    }
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  reveal();
})();
