"use strict";
(() => {
  const all = (query, root = document) => Array.from(root.querySelectorAll(query));
  const one = (id) => document.getElementById(id);
  const findings = all(".finding"), groups = all(".group"), nodes = all(".node"), edges = all(".edge");
  const state = { hidden: new Set(), kind: "", text: "", chosen: "" };

  const apply = () => {
    let shown = 0;
    for (const group of groups) {
      const wanted = !state.chosen || group.dataset.package === state.chosen;
      let some = false;
      for (const finding of all(".finding", group)) {
        const visible = wanted && !state.hidden.has(finding.dataset.label) &&
          (!state.kind || finding.dataset.kind === state.kind) && finding.dataset.text.includes(state.text);
        finding.hidden = !visible;
        some = some || visible;
        shown += visible ? 1 : 0;
      }
      group.hidden = !some;
    }
    if (one("shown")) one("shown").textContent = `${shown} of ${findings.length} findings shown`;
  };

  const mark = (name) => {
    const above = new Set([name]), below = new Set([name]);
    for (const [seen, from, to] of [[above, "to", "from"], [below, "from", "to"]]) {
      for (let grown = true; grown;) {
        grown = false;
        for (const edge of edges) {
          if (seen.has(edge.dataset[from]) && !seen.has(edge.dataset[to])) { seen.add(edge.dataset[to]); grown = true; }
        }
      }
    }
    for (const node of nodes) {
      node.setAttribute("aria-pressed", String(node.dataset.name === name));
      node.classList.toggle("faded", Boolean(name) && !above.has(node.dataset.name) && !below.has(node.dataset.name));
    }
    for (const edge of edges) {
      edge.classList.toggle("marked", Boolean(name) && above.has(edge.dataset.from) && above.has(edge.dataset.to));
    }
    const list = one("selected-paths");
    if (!list) return;
    list.replaceChildren();
    const group = groups.find((item) => item.dataset.package === name);
    for (const item of group ? all(".facts .paths li", group) : []) {
      const row = document.createElement("li");
      row.textContent = item.textContent;
      list.append(row);
    }
  };

  const choose = (name) => {
    state.chosen = state.chosen === name ? "" : name;
    mark(state.chosen);
    if (!state.chosen || groups.some((group) => group.dataset.package === state.chosen)) apply();
  };

  for (const button of all(".filter")) {
    button.addEventListener("click", () => {
      const pressed = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", String(!pressed));
      state.hidden[pressed ? "add" : "delete"](button.dataset.label);
      apply();
    });
  }
  one("search")?.addEventListener("input", (event) => { state.text = event.target.value.trim().toLowerCase(); apply(); });
  one("kind")?.addEventListener("change", (event) => { state.kind = event.target.value; apply(); });
  one("reset")?.addEventListener("click", () => {
    state.hidden.clear(); state.kind = ""; state.text = ""; state.chosen = "";
    one("search").value = ""; one("kind").value = "";
    for (const button of all(".filter")) button.setAttribute("aria-pressed", "true");
    mark(""); apply();
  });
  // one stop for the tabulator in the whole drawing; arrows, Home and End go from package to package
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  nodes.forEach((node, place) => {
    node.addEventListener("click", () => choose(node.dataset.name));
    node.addEventListener("focus", () => { for (const other of nodes) other.setAttribute("tabindex", other === node ? "0" : "-1"); });
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(node.dataset.name); }
      if (event.key === "Escape" && state.chosen) choose(state.chosen);
      if (event.key in steps) { event.preventDefault(); nodes[Math.min(Math.max(place + steps[event.key], 0), nodes.length - 1)].focus(); }
    });
  });
  const rows = all("#package-rows tr");
  one("package-search")?.addEventListener("input", (event) => {
    const text = event.target.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.dataset.name.includes(text);
  });
  one("theme")?.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  const open = one("open");
  open?.addEventListener("click", () => {
    const wanted = open.getAttribute("aria-pressed") !== "true";
    open.setAttribute("aria-pressed", String(wanted));
    for (const finding of findings) finding.open = wanted;
  });
  performance.mark("mlsupply-interactive");
})();
