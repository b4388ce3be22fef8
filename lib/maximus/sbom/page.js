
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { columns: C, tables: T, totals: N } = data;
  const all = C.name.length;
  const MATCHES = 12, CHILDREN = 200, PRINTED = 2000, LISTED = 300, OVERSCAN = 12;
  const $ = (id) => document.getElementById(id);
  const whole = new Intl.NumberFormat("en").format;

  // Foreign text enters the page here and nowhere else: as text.
  function el(tag, fields, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(fields || {})) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (name === "class") made.className = value;
      else if (value !== false && value !== undefined) made.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat()) {
      if (child !== null && child !== undefined && child !== false) made.append(child.nodeType ? child : String(child));
    }
    return made;
  }
  const bdi = (text, kind) => el("bdi", kind ? { class: kind } : null, text);
  const counted = (count, thing, many) => `${whole(count)} ${count === 1 ? thing : many || thing + "s"}`;

  function share(part, of) {
    if (!of) return "–";
    if (part === of) return "100 %";
    const tenths = Math.floor((part * 1000) / of);
    return part && !tenths ? "<0.1 %" : tenths < 100 || tenths > 990 ? `${(tenths / 10).toFixed(1)} %` : `${Math.floor(tenths / 10)} %`;
  }

  // One bar: a label, its number, the share. With an action it is a button.
  function bar(label, number, part, of, action, hint) {
    const fill = el("span", { class: "fill" });
    fill.style.width = of && part ? `max(2px, ${(100 * part) / of}%)` : "0";
    return el(action ? "button" : "div", { class: "bar", type: action ? "button" : undefined, title: hint, onclick: action || (() => {}) },
      bdi(label, "label"), el("span", { class: "number" }, number, el("small", null, share(part, of))),
      el("span", { class: "track", "aria-hidden": "true" }, fill));
  }

  // ---- What a component says -------------------------------------------------------------------------------------
  const ecosystem = (i) => T.ecosystems[C.ecosystem[i]];
  const licenceText = (i) => [...new Set(C.licence[i].map((l) => T.licences[l][0]))].join(", ");
  const scopesOf = (i) => T.scopes.filter((_, bit) => C.scope[i] & (1 << bit));
  const isPart = (i) => i < data.parts;
  const needed = (i) => isPart(i) ? "part of this" : C.inside[i] ? "built in" : [C.direct[i] ? "direct" : "", scopesOf(i).filter((s) => s !== "runtime").join(", ")].filter(Boolean).join(", ") || "transitive";
  const outer = N.inner ? "outer" : "";
  const versionText = (i) => C.version[i] || "no version";

  // ---- The graph -------------------------------------------------------------------------------------------------
  let users = null, parents = null;
  function usersOf(i) {
    if (!users) {
      users = Array.from({ length: all }, () => []);
      data.edges.forEach((targets, source) => targets.forEach((target) => users[target].push(source)));
    }
    return users[i];
  }
  function wayTo(i) {
    if (!parents) {
      parents = new Int32Array(all).fill(-1);
      parents[0] = 0;
      const queue = [0];
      for (let at = 0; at < queue.length; at += 1) {
        for (const target of data.edges[queue[at]]) if (parents[target] < 0) { parents[target] = queue[at]; queue.push(target); }
      }
    }
    if (parents[i] < 0) return [];
    const way = [i];
    while (way[0] !== 0) way.unshift(parents[way[0]]);
    return way;
  }

  // ---- Views -----------------------------------------------------------------------------------------------------
  const tabs = [...document.querySelectorAll("[role=tab]")];
  function view(name, focus) {
    const tab = tabs.find((one) => one.id === `tab-${name}`) || tabs[0];
    for (const one of tabs) {
      const chosen = one === tab;
      one.setAttribute("aria-selected", String(chosen));
      one.tabIndex = chosen ? 0 : -1;
      $(one.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (focus) tab.focus();
    tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    const shown = tab.id.slice(4);
    if (location.hash.slice(1) !== shown) history.replaceState(null, "", `#${shown}`);
    // Of the bar itself, which sticks, the place says only where it is now.
    const top = $("main").offsetTop - document.querySelector(".tabs").offsetHeight;
    if (window.scrollY > top) window.scrollTo(0, top);
    if (shown === "components") paint(true);
    if (shown === "tree" && !$("branches").firstChild) plant(0, "needs");
  }
  for (const tab of tabs) tab.addEventListener("click", () => view(tab.id.slice(4)));
  document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
    const at = tabs.findIndex((tab) => tab.tabIndex === 0);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    view(tabs[(to + tabs.length) % tabs.length].id.slice(4), true);
  });
  window.addEventListener("hashchange", () => { if ($(`tab-${location.hash.slice(1)}`)) view(location.hash.slice(1)); });

  // ---- Overview --------------------------------------------------------------------------------------------------
  function overview() {
    const { subject, made } = data;
    $("subject").append(bdi(subject.name), " ", bdi(subject.version.length === 40 ? subject.version.slice(0, 12) : subject.version, "version"));
    const facts = [["Repository", subject.repository], ["Commit", subject.commit.slice(0, 12)], ["By", subject.author], ["Dated", made.when.replace("T", " ").replace("Z", " UTC")], ["Made with", made.tool]];
    $("facts").append(...facts.filter(([, value]) => value).map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, bdi(value)))));
    $("foot").append(`Serial number urn:uuid:${made.serial}, as in sbom.cdx.json and sbom.spdx.json, which hold the digests and every place as well. This page asks nothing of a network.`);
    if (all - data.parts < N.components + N.inner) notice(`This page lists ${whole(all - data.parts)} of ${whole(N.components + N.inner)} components; its counts are of all, and the documents beside it have all.`);
    if (N.edgesListed < N.edges) notice(`The tree knows ${whole(N.edgesListed)} of ${whole(N.edges)} needs; the documents beside it have all.`);
    if (N.inner) notice(`Besides these, ${counted(N.inner, "component")} ${N.inner === 1 ? "is" : "are"} built into others, as the inventories inside them say. They are listed as “built in” and counted apart.`);
    if (N.unread) notice(`${counted(N.unread, "file")} that may name components could not be read, and what ${N.unread === 1 ? "it names" : "they name"} is not in here.`);
    const rows = data.coverage, sum = rows[rows.length - 1];
    const [, components, direct, distributed, versions, , sha256, sha512, licences, edges] = sum;
    const lacking = C.gap.reduce((count, gaps, i) => count + (!isPart(i) && !C.inside[i] && gaps.length > 0), 0);
    const figures = [[components, components === 1 ? "component" : "components"], [direct, "needed directly"], [rows.length - 1, rows.length === 2 ? "ecosystem" : "ecosystems"], [N.locks, N.locks === 1 ? "file read" : "files read"], [lacking, "with something unknown"]];
    $("figures").append(...figures.map(([number, text]) => el("li", null, el("b", null, whole(number)), el("span", null, text))));
    $("ecosystems").append(...rows.slice(0, -1).map(([name, count]) => bar(name, whole(count), count, components, () => narrow({ ecosystem: name, scope: outer }))));
    const known = [["Exact version", versions, components], ["SHA-256", sha256, distributed], ["SHA-512", sha512, distributed], ["Licence as SPDX expression", licences, components], ["All needs", edges, components]];
    $("known").append(...known.map(([name, part, of]) => bar(name, `${whole(part)} of ${whole(of)}`, part, of)));
    $("known").append(el("p", { class: "hint" }, distributed < components ? `Digests are counted of the ${whole(distributed)} that are distributed as files.` : ""));
    if (data.unknown.length) $("unknown").append(...data.unknown.map(([name, count]) => bar(name, whole(count), count, components, () => narrow({ unknown: name, scope: outer }))));
    else $("unknown").append(el("p", { class: "hint" }, "Nothing: every component has every field of CISA’s minimum elements."));
    const heads = ["Ecosystem", "Components", "Direct", "Exact version", "Any digest", "SHA-256", "SHA-512", "Licence", "All needs known"];
    const cell = (part, of) => el("td", { class: of ? "" : "none" }, of ? whole(part) : "–", of ? el("small", null, ` / ${whole(of)}`) : "");
    $("coverage").append(el("table", null,
      el("thead", null, el("tr", null, heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", null, (rows.length > 2 ? rows : rows.slice(0, 1)).map(([name, n, d, files, v, h, s2, s5, l, e]) => el("tr", { class: name ? "" : "all" },
        el("td", null, name || "All"), el("td", null, whole(n)), el("td", null, whole(d)), cell(v, n), cell(h, files), cell(s2, files), cell(s5, files), cell(l, n), cell(e, n))))));
  }
  const notice = (text) => $("notices").append(el("p", { class: "notice" }, text));

  // ---- Components: search, filters, and a list that draws only what is seen ----------------------------------------
  const NONE = "–none", licenceCounts = new Map();
  for (let i = data.parts; i < all; i += 1) {
    const own = C.licence[i].length ? new Set(C.licence[i].map((l) => (T.licences[l][1] === 2 ? "t" : "e") + T.licences[l][0])) : [NONE];
    for (const name of own) licenceCounts.set(name, (licenceCounts.get(name) || 0) + 1);
  }
  const licenceRows = [...licenceCounts].sort((a, b) => (a[0] === NONE) - (b[0] === NONE) || b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const licenceName = (name) => name === NONE ? "Unknown" : name[0] === "t" ? `${name.slice(1)} (no SPDX expression)` : name.slice(1);
  const order = { key: "", down: false };
  let haystack = null, found = [], active = 0, drawn = "", printing = false;

  function options(select, first, entries) {
    select.append(el("option", { value: "" }, first), ...entries.map(([value, label]) => el("option", { value }, label)));
  }
  function filters() {
    options($("by-ecosystem"), "All", data.coverage.slice(0, -1).map(([name, count]) => [name, `${name} (${whole(count)})`]));
    options($("by-scope"), "All", [...(N.inner ? [["outer", "all but built in"], ["inside", "built in"]] : []), ["direct", "direct needs"], ["transitive", "transitive needs"], ...T.scopes.map((name) => [name, name])]);
    options($("by-licence"), "All", licenceRows.slice(0, LISTED).map(([name, count]) => [name, `${licenceName(name).slice(0, 80)} (${whole(count)})`]));
    options($("by-unknown"), "All", data.unknown.length ? [["any", "anything"], ...data.unknown.map(([name, count]) => [name, `${name} (${whole(count)})`])] : []);
    const heads = [["name", "Name"], ["version", "Version"], ["ecosystem", "Ecosystem"], ["licence", "Licence"], ["needed", "Needed"]];
    $("heads").append(...heads.map(([key, text]) => el("div", { role: "columnheader", class: key, "data-key": key }, el("button", { type: "button", tabindex: "-1", onclick: () => sortBy(key) }, text))));
    $("filters").addEventListener("input", search);
    $("filters").addEventListener("change", search);
    $("filters").addEventListener("submit", (event) => event.preventDefault());
    $("filters").addEventListener("reset", () => setTimeout(() => { search(); $("search").focus(); }));
  }
  function narrow(wanted) {
    $("search").value = "";
    for (const key of ["ecosystem", "scope", "licence", "unknown"]) {
      const select = $(`by-${key}`);
      if (wanted[key] && ![...select.options].some((option) => option.value === wanted[key])) select.append(el("option", { value: wanted[key] }, licenceName(wanted[key])));
      select.value = wanted[key] || "";
    }
    view("components");
    search();
    $("grid").focus({ preventScroll: true });
  }
  function words() {
    haystack = haystack || C.name.map((name, i) => `${name} ${C.version[i]} ${C.purl[i]} ${licenceText(i)}`.toLowerCase());
    return haystack;
  }
  function search() {
    const terms = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const [eco, scope, licence, unknown] = ["ecosystem", "scope", "licence", "unknown"].map((key) => $(`by-${key}`).value);
    const text = terms.length ? words() : null;
    const bit = T.scopes.includes(scope) ? 1 << T.scopes.indexOf(scope) : 0;
    const bad = new Set(unknown ? T.gaps.flatMap(([name], g) => (unknown === "any" || name === unknown ? [g] : [])) : []);
    const right = new Set(licence && licence !== NONE ? T.licences.flatMap(([name, sort], l) => ((sort === 2 ? "t" : "e") + name === licence ? [l] : [])) : []);
    found = [];
    for (let i = data.parts; i < all; i += 1) {
      if (eco && ecosystem(i) !== eco) continue;
      if (bit && !(C.scope[i] & bit)) continue;
      if (scope === "direct" && !C.direct[i]) continue;
      if (scope === "transitive" && (C.direct[i] || C.inside[i])) continue;
      if (scope === "outer" ? C.inside[i] : scope === "inside" && !C.inside[i]) continue;
      if (licence === NONE ? C.licence[i].length : licence && !C.licence[i].some((l) => right.has(l))) continue;
      if (unknown && !C.gap[i].some((gap) => bad.has(gap))) continue;
      if (text && !terms.every((term) => text[i].includes(term))) continue;
      found.push(i);
    }
    sort();
    const listed = all - data.parts;
    $("count").textContent = found.length === listed ? counted(listed, "component") : `${whole(found.length)} of ${counted(listed, "component")}`;
    $("clear").hidden = !(terms.length || eco || scope || licence || unknown);
    $("empty").hidden = found.length > 0;
    $("grid").hidden = !found.length;
    $("grid").setAttribute("aria-rowcount", String(found.length + 1));
    active = 0;
    drawn = "";
    paint(true);
  }
  function sort() {
    if (!order.key) return;
    const of = { name: (i) => C.name[i], version: (i) => C.version[i], ecosystem, licence: licenceText, needed }[order.key];
    const by = new Intl.Collator("en", { numeric: true }).compare;
    const keys = new Map(found.map((i) => [i, of(i)]));
    found.sort((a, b) => (order.down ? -1 : 1) * by(keys.get(a), keys.get(b)) || a - b);
  }
  function sortBy(key) {
    Object.assign(order, order.key === key && order.down ? { key: "", down: false } : { key, down: order.key === key });
    for (const head of $("heads").children) {
      if (head.dataset.key === order.key) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    search();
  }
  const rowHeight = () => parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row")) || 44;
  function rowOf(at, height) {
    const i = found[at];
    const made = el("div", { role: "row", class: at === active ? "row active" : "row", id: `row-${at}`, "aria-rowindex": at + 2, "data-at": at },
      el("div", { role: "gridcell", class: "name" }, bdi(C.name[i])),
      el("div", { role: "gridcell", class: C.version[i] ? "version" : "version dim" }, bdi(versionText(i))),
      el("div", { role: "gridcell", class: "ecosystem" }, ecosystem(i)),
      el("div", { role: "gridcell", class: C.licence[i].length ? "licence" : "licence dim", "data-ecosystem": ecosystem(i) }, bdi(licenceText(i) || "unknown")),
      el("div", { role: "gridcell", class: "needed dim" }, needed(i)));
    made.style.transform = `translateY(${at * height}px)`;
    return made;
  }
  function paint(anew) {
    if ($("panel-components").hidden && !printing) return;
    const height = rowHeight(), rows = $("rows");
    rows.style.height = `${found.length * height}px`;
    const above = rows.getBoundingClientRect().top;
    const from = printing ? 0 : Math.max(0, Math.floor(-above / height) - OVERSCAN);
    const to = printing ? Math.min(found.length, PRINTED) : Math.min(found.length, Math.ceil((window.innerHeight - above) / height) + OVERSCAN);
    const range = `${from} ${to} ${height}`;
    if (!anew && range === drawn) return;
    drawn = range;
    const made = document.createDocumentFragment();
    for (let at = from; at < to; at += 1) made.append(rowOf(at, height));
    rows.replaceChildren(made);
    if (active >= from && active < to) $("grid").setAttribute("aria-activedescendant", `row-${active}`);
    else $("grid").removeAttribute("aria-activedescendant");
  }
  let waiting = false;
  const soon = () => { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; paint(false); }); } };
  window.addEventListener("scroll", soon, { passive: true });
  window.addEventListener("resize", soon);
  window.addEventListener("beforeprint", () => {
    printing = true;
    paint(true);
    if (found.length > PRINTED) $("rows").append(el("p", { class: "hint", id: "cut" }, `Printed: the first ${whole(PRINTED)} of ${counted(found.length, "component")}; narrow the list to print others.`));
    if (!$("branches").firstChild) plant(0, "needs");
  });
  window.addEventListener("afterprint", () => { printing = false; paint(true); });

  function moveTo(at) {
    active = Math.max(0, Math.min(found.length - 1, at));
    const height = rowHeight(), bars = document.querySelector(".tabs").offsetHeight;
    const y = $("rows").getBoundingClientRect().top + active * height;
    if (y < bars) window.scrollBy(0, y - bars - 8);
    else if (y + height > window.innerHeight) window.scrollBy(0, y + height - window.innerHeight + 8);
    paint(true);
  }
  $("grid").addEventListener("keydown", (event) => {
    if (event.target !== $("grid")) return;
    const page = Math.max(1, Math.floor(window.innerHeight / rowHeight()) - 4);
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: found.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); moveTo(to); }
    if (event.key === "Enter" && found.length) { event.preventDefault(); detail(found[active]); }
  });
  $("rows").addEventListener("click", (event) => {
    const row = event.target.closest("[data-at]");
    if (!row || String(window.getSelection())) return;
    active = Number(row.dataset.at);
    paint(true);
    $("grid").focus({ preventScroll: true });
    detail(found[active]);
  });

  // ---- One component -----------------------------------------------------------------------------------------------
  const link = (i) => el("button", { type: "button", class: "link", onclick: () => detail(i) }, bdi(`${C.name[i]} ${C.version[i]}`.trim()));
  function some(list) {
    if (!list.length) return [el("div", { class: "dim" }, "none")];
    return [...list.slice(0, MATCHES).map((i) => el("div", null, link(i))), list.length > MATCHES ? el("div", { class: "dim" }, `and ${whole(list.length - MATCHES)} more, see the tree`) : null];
  }
  function detail(i) {
    const body = $("detail-body"), dialog = $("detail");
    const say = (name, ...values) => values.flat().filter(Boolean).length ? [el("dt", null, name), el("dd", null, values.flat().filter(Boolean).map((value) => value.nodeType ? value : el("div", null, bdi(value))))] : [];
    const places = C.place[i].map(([path, line]) => T.paths[path] + (line ? `:${line}` : ""));
    if (C.places[i] > places.length) places.push(`and ${counted(C.places[i] - places.length, "more place")}, see the documents`);
    const algorithms = T.algorithms.filter((_, bit) => C.hash[i] & (1 << bit));
    const way = wayTo(i);
    const needs = data.edges[i], who = usersOf(i);
    const unknownNeeds = !needs.length && C.known[i] === 2;
    body.replaceChildren(
      el("div", { class: "detail-head" }, el("h2", { id: "detail-name" }, bdi(C.name[i]), " ", bdi(C.version[i], "version")),
        el("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Close")),
      el("code", { class: "purl" }, C.purl[i]),
      el("div", { class: "buttons" },
        el("button", { type: "button", class: "plain", onclick: () => { dialog.close(); grow(i, "needs"); } }, "Tree of what it needs"),
        el("button", { type: "button", class: "plain", onclick: () => { dialog.close(); grow(i, "needed"); } }, "Tree of who needs it")),
      el("dl", { class: "detail-facts" },
        say("Ecosystem", ecosystem(i)),
        say("Licence", C.licence[i].length ? C.licence[i].map((l) => T.licences[l][0] + ["", " (concluded)", " (no SPDX expression)"][T.licences[l][1]]) : isPart(i) ? [] : "unknown"),
        say("Needed for", isPart(i) ? "it is a part of what is released" : [(scopesOf(i).join(", ") || "not stated") + (C.direct[i] ? ", directly" : ", by others")]),
        say("Built into", C.inside[i] ? link(C.inside[i] - 1) : ""),
        say("Made by", C.producer[i] ? T.producers[C.producer[i] - 1] : ""),
        say("Files", C.files[i] ? counted(C.files[i], "file") + (algorithms.length ? `, with ${algorithms.join(", ")}` : ", without a digest") : ""),
        say("Stated in", places),
        say("Unknown", C.gap[i].map((g) => `${T.gaps[g][0]}: ${T.gaps[g][1]}`)),
        say("Not applicable", C.other[i].map((o) => `${T.others[o][0]}: ${T.others[o][1]}`)),
        say("Shortest way", way.length > 1 ? el("div", { class: "way" }, way.flatMap((step, at) => [at ? el("span", { class: "dim", "aria-label": "needs" }, "\u00a0→ ") : "", link(step)])) : ""),
        say(unknownNeeds ? "Needs" : `Needs (${whole(needs.length)})`, unknownNeeds ? "unknown" : some(needs)),
        say(`Needed by (${whole(who.length)})`, some(who))));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }
  $("detail").addEventListener("click", (event) => { if (event.target === $("detail")) $("detail").close(); });

  // ---- The tree ----------------------------------------------------------------------------------------------------
  let start = 0, way = "needs";
  const nextOf = (i) => way === "needs" ? data.edges[i] : usersOf(i);
  function grow(i, which) {
    for (const radio of $("tree-form").elements.way) radio.checked = radio.value === which;
    $("start").value = "";
    $("matches").replaceChildren();
    plant(i, which);
    view("tree");
    $("branches").firstElementChild.focus({ preventScroll: true });
  }
  function plant(i, which) {
    start = i;
    way = which;
    $("start-hint").textContent = (which === "needs" ? `What ${C.name[i]} needs` : `Who needs ${C.name[i]}`) + `: ${counted(nextOf(i).length, "entry", "entries")} at the first level. Arrow keys open, close and move; Enter shows an entry.`;
    const trunk = branch(i, [], 1, 0, 1);
    trunk.tabIndex = 0;
    $("branches").replaceChildren(trunk);
    toggle(trunk, true);
  }
  function branch(i, above, level, index, of) {
    const again = above.includes(i), next = again ? 0 : nextOf(i).length;
    const tags = [again ? "↻ stands above already" : "", !isPart(i) && scopesOf(i).length && !scopesOf(i).includes("runtime") ? scopesOf(i).join(", ") : "",
      way === "needs" && !again && !next && C.known[i] === 2 ? "needs unknown" : "", next ? whole(next) : ""];
    const made = el("li", { role: "treeitem", tabindex: "-1", "aria-level": level, "aria-setsize": of, "aria-posinset": index + 1, "aria-expanded": next ? "false" : undefined, "aria-label": `${C.name[i]} ${C.version[i]} ${tags.filter(Boolean).join(", ")}` },
      el("div", { class: "node" }, el("span", { class: next ? "twist" : "twist leaf", "aria-hidden": "true" }), el("span", { class: "text" }, bdi(C.name[i]), " ", bdi(C.version[i], "version"),
        tags.filter(Boolean).map((tag) => el("span", { class: "tag" }, tag)))));
    nodes.set(made, { i, above, level });
    return made;
  }
  const nodes = new WeakMap();
  function children(item, from) {
    const { i, above, level } = nodes.get(item);
    const next = nextOf(i), to = Math.min(next.length, from + CHILDREN), list = item.querySelector(":scope > ul");
    const trail = [...above, i];
    list.append(...next.slice(from, to).map((one, at) => branch(one, trail, level + 1, from + at, next.length)));
    if (to < next.length) {
      const more = el("li", { role: "treeitem", tabindex: "-1", class: "more-node", "aria-level": level + 1 }, el("div", { class: "node" }, el("span", { class: "twist leaf", "aria-hidden": "true" }), `Show ${whole(Math.min(CHILDREN, next.length - to))} more of ${whole(next.length)}`));
      nodes.set(more, { more: () => { more.remove(); children(item, to); } });
      list.append(more);
    }
  }
  function toggle(item, open) {
    if (!item.hasAttribute("aria-expanded")) return;
    item.setAttribute("aria-expanded", String(open));
    let list = item.querySelector(":scope > ul");
    if (open && !list) {
      list = el("ul", { role: "group" });
      item.append(list);
      children(item, 0);
    }
    if (list) list.hidden = !open;
  }
  function focusOn(item) {
    if (!item) return;
    for (const one of $("branches").querySelectorAll('[tabindex="0"]')) one.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  }
  function act(item, shift) {
    const node = nodes.get(item);
    if (node.more) {
      const before = item.previousElementSibling;
      node.more();
      focusOn(before.nextElementSibling);
    } else if (shift || !item.hasAttribute("aria-expanded")) detail(node.i);
    else toggle(item, item.getAttribute("aria-expanded") === "false");
  }
  $("branches").addEventListener("click", (event) => {
    const item = event.target.closest("[role=treeitem]");
    if (!item || !event.target.closest(".node")) return;
    focusOn(item);
    act(item, !event.target.closest(".twist") && event.target.closest("bdi"));
  });
  $("branches").addEventListener("keydown", (event) => {
    const item = event.target.closest("[role=treeitem]");
    const seen = [...$("branches").querySelectorAll("[role=treeitem]")].filter((one) => !one.parentElement.closest("ul[hidden]"));
    const at = seen.indexOf(item), open = item.getAttribute("aria-expanded");
    const keys = {
      ArrowDown: () => focusOn(seen[at + 1]), ArrowUp: () => focusOn(seen[at - 1]), Home: () => focusOn(seen[0]), End: () => focusOn(seen[seen.length - 1]),
      ArrowRight: () => open === "false" ? toggle(item, true) : open === "true" && focusOn(seen[at + 1]),
      ArrowLeft: () => open === "true" ? toggle(item, false) : focusOn(item.parentElement.closest("[role=treeitem]")),
      Enter: () => act(item, true), " ": () => act(item, false),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  $("tree-form").addEventListener("submit", (event) => event.preventDefault());
  $("tree-form").addEventListener("change", (event) => { if (event.target.name === "way") plant(start, event.target.value); });
  $("start").addEventListener("input", () => {
    const terms = $("start").value.toLowerCase().split(/\s+/).filter(Boolean), hits = [];
    const text = words();
    for (let i = 0; terms.length && i < all && hits.length <= MATCHES; i += 1) if (terms.every((term) => text[i].includes(term))) hits.push(i);
    $("matches").replaceChildren(...hits.slice(0, MATCHES).map((i) => el("button", { type: "button", class: "plain", onclick: () => grow(i, way) }, bdi(`${C.name[i]} ${C.version[i]}`.trim()))),
      ...(hits.length > MATCHES ? [el("span", { class: "tag" }, "and more: go on typing")] : []), ...(terms.length && !hits.length ? [el("span", { class: "tag" }, "No component fits.")] : []));
  });

  // ---- Licences, findings, what was left out -------------------------------------------------------------------------
  function licences() {
    const listed = all - data.parts;
    $("licence-hint").textContent = "As the authors declare them, or as their texts were recognised. A component with several counts in each. Choose one to see who has it.";
    pages($("by-name"), licenceRows, ([name, count]) => bar(licenceName(name), whole(count), count, listed, () => narrow({ licence: name })));
  }
  function pages(into, rows, show, wrap) {
    const list = wrap ? into.appendChild(wrap) : into;
    let from = 0;
    const more = el("button", { type: "button", class: "plain more", onclick: () => step() });
    function step() {
      list.append(...rows.slice(from, from + LISTED).map(show));
      from = Math.min(rows.length, from + LISTED);
      more.textContent = `Show more: ${whole(from)} of ${whole(rows.length)} are shown`;
      if (from < rows.length) into.after(more);
      else more.remove();
    }
    step();
  }
  function entries(id, rows, total, show, none, flat) {
    if (!rows.length) { $(id).append(el("p", { class: "empty" }, none)); return; }
    $(`head-${id}`).append(el("span", { class: "dim" }, ` ${whole(total)}`));
    if (rows.length < total) $(id).append(el("p", { class: "notice" }, `The first ${whole(rows.length)} of ${whole(total)} stand here.`));
    pages($(id), rows, show, el("ul", { class: flat ? "entries flat" : "entries" }));
  }

  overview();
  filters();
  licences();
  if (N.unread) entries("unread", data.unread, N.unread, (text) => el("li", null, el("span", null, bdi(text))), "", true);
  else $("part-unread").remove();
  entries("findings", data.findings, N.findings, ([kind, text, path, line]) => el("li", null, el("span", { class: "dim" }, kind), el("span", null, bdi(text)), el("code", { class: "place" }, bdi(path + (line ? `:${line}` : "")))), "Nothing was found that a reader should know.");
  entries("skipped", data.skipped, N.skipped, ([path, reason]) => el("li", null, el("code", null, bdi(path)), el("span", { class: "place" }, bdi(reason))), "Nothing was left out.", true);
  entries("locks", data.locks, N.locks, (path) => el("li", null, el("code", null, bdi(path))), "No file.", true);
  search();
  view(location.hash.slice(1) || "overview");
  document.documentElement.dataset.ready = "yes";
})();
