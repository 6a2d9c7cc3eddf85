"use strict";
// The page is whole without this: it adds the filters, queries in the panels, and the theme.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  const theme = one("theme"), form = one("filters"), search = one("search");

  const dark = () => (document.documentElement.dataset.theme
    ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = () => { theme.textContent = dark() ? "Light" : "Dark"; };
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
  theme.hidden = form.hidden = false;

  // A query stands once in the page, in the list of all rules.
  document.addEventListener("toggle", ({ target }) => {
    const row = target.closest?.("li[data-rule]");
    const link = row?.querySelector("details > a");
    if (target.open && link) {
      const query = document.createElement("pre");
      query.tabIndex = 0;
      query.textContent = one(`query-${row.dataset.rule}`).textContent;
      link.replaceWith(query);
    }
  }, true);

  // A sub-technique opens the panel of its technique at its own part.
  document.addEventListener("click", ({ target }) => {
    const part = target.closest?.("[data-part]")?.dataset.part;
    if (part) requestAnimationFrame(() => { one(part).scrollIntoView(); one(part).focus(); });
  });

  const lower = (node) => node.textContent.toLowerCase();
  const rules = all(".catalog li").map((row) => ({
    row,
    severity: row.dataset.severity,
    alerts: Number(row.dataset.alerts ?? 0),
    text: lower(row.querySelector("summary")) + lower(row.querySelector("pre")),
    ids: lower(row.querySelector(".ids")),
  }));
  const indexes = (node) => (node.dataset.rules ? node.dataset.rules.split(" ").map(Number) : []);
  const tactics = all(".tactic").map((tactic) => ({
    count: tactic.querySelector("header .count"),
    bar: tactic.querySelector("header .full"),
    cells: all(".cell", tactic).map((cell) => ({
      ...leaf(cell),
      part: cell.querySelector(".part"),
      subs: all(".subs li", cell).map(leaf),
    })),
  }));
  const panels = all(".panel").map((panel) => ({
    count: panel.querySelector("header .count"),
    name: lower(panel.querySelector("h3")) + lower(panel.querySelector("header a")),
    parts: all("section", panel).map((part) => ({
      part,
      count: part.querySelector(".count"),
      name: part.id ? lower(part.querySelector("h4")) : "",
      rows: all("li[data-rule]", part),
    })),
  }));

  function count(number, what) {
    return `${number} ${what}${number === 1 ? "" : "s"}`;
  }

  function leaf(node) {
    return {
      node,
      rules: indexes(node),
      name: node.dataset.name.toLowerCase(),
      number: node.querySelector(".n").firstChild,
      fired: node.querySelector(":scope > .hit > .fired"),
    };
  }

  function filter() {
    const words = search.value.trim().toLowerCase();
    const severities = new Set(all("[name=severity]:checked", form).map((box) => box.value));
    const covered = one("covered").checked, alerted = one("alerted")?.checked ?? false;
    const kept = rules.map((rule) => severities.has(rule.severity) && (!alerted || rule.alerts > 0));
    const found = rules.map((rule, at) => kept[at] && rule.text.includes(words));
    rules.forEach((rule, at) => { rule.row.hidden = !(found[at] || (kept[at] && rule.ids.includes(words))); });

    // Shows how many rules are left, and says whether the node is to be seen.
    const show = (leaf, named) => {
      const rest = leaf.rules.filter((at) => (named ? kept : found)[at]);
      const left = rest.length;
      leaf.number.data = left;
      if (leaf.fired) {
        const alerts = rest.reduce((sum, at) => sum + rules[at].alerts, 0);
        leaf.fired.textContent = count(alerts, "alert");
        leaf.fired.hidden = !alerts;
      }
      leaf.node.className = leaf.node.className.replace(/\bh\d/, `h${Math.min(5, 32 - Math.clz32(left))}`);
      leaf.node.hidden = (words && !named && !left) || ((covered || alerted) && !left);
      return left > 0;
    };
    const techniques = new Set();
    for (const tactic of tactics) {
      let having = 0;
      for (const cell of tactic.cells) {
        const named = cell.name.includes(words);
        const subs = cell.subs.filter((sub) => show(sub, named || sub.name.includes(words)));
        const has = show(cell, named || cell.subs.some((sub) => sub.name.includes(words)));
        if (cell.part) cell.part.textContent = `${subs.length}/${cell.subs.length}`;
        if (has) { having += 1; if (!cell.node.hidden) techniques.add(cell.name); }
      }
      tactic.count.textContent = `${having} of ${tactic.cells.length}`;
      tactic.bar.setAttribute("width", Math.floor((having * 100) / tactic.cells.length));
    }
    for (const panel of panels) {
      const left = new Set();
      for (const { part, count: number, name, rows } of panel.parts) {
        const named = panel.name.includes(words) || name.includes(words);
        let here = 0;
        for (const row of rows) {
          const at = Number(row.dataset.rule);
          row.hidden = !(named ? kept : found)[at];
          if (!row.hidden) { here += 1; left.add(at); }
        }
        if (number) number.textContent = here;
        part.hidden = !here;
      }
      panel.count.textContent = count(left.size, "rule");
    }
    const sum = rules.filter((rule) => !rule.row.hidden).length;
    document.querySelector(".catalog .count").textContent = sum;
    const narrowed = words || severities.size < 4 || covered || alerted;
    one("shown").textContent = narrowed
      ? `${count(sum, "rule")}, ${count(techniques.size, "technique")}` : "";
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
})();
