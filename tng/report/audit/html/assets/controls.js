// Puts it together: headings that sort, the search, the filters, and what the findings link to.

const MOST_OPTIONS = 500;
const HEADINGS = {
  number: "No.", status: "Outcome", device: "Device", findings: "Findings", part: "Part number",
  order: "Order", standings: "Targets", provisioned: "Provisioned", ends: "Cert. ends",
  source: "Found in",
};
const element = (id) => document.getElementById(id);

function rankMakers(devices) {
  const plain = (value) => value ?? "";
  const order = (value) => (value ? `${value[1]}\n${value[0]}` : "");
  const findings = (value) => {
    const found = heaviest(value);
    return found ? `${SEVERITIES.indexOf(found[1])}\n${titleOf(found[0])}` : "";
  };
  const ends = () => Float64Array.from(devices.lifetime, (_, row) => endOf(devices, row));
  const source = () => {
    const files = ranksOfWords(devices.file, plain, compareTexts);
    const places = ranksOfNumbers(devices.entry.map((entry, row) => entry || devices.line[row]));
    return ranksOfNumbers(Float64Array.from(files, (file, row) => file * 2 ** 32 + places[row]));
  };
  return {
    number: () => ranksOfNumbers(devices.number),
    status: () => ranksOfWords(devices.status, plain, compareTexts),
    device: () => ranksOfTexts(devices.device.map(plain)),
    part: () => ranksOfWords(devices.part, plain, compareTexts),
    provisioned: () => ranksOfNumbers(devices.provisioned),
    ends: () => ranksOfNumbers(ends()),
    order: () => ranksOfWords(devices.order, order, compareTexts),
    standings: () => ranksOfWords(devices.standings, worst, (one, other) => one - other),
    source,
    findings: () => ranksOfWords(devices.findings, findings, compareTexts),
  };
}

// How many rows have each key; a value of the column may give several keys.
function tallied(column, keysOf) {
  const counts = new Map();
  const many = new Uint32Array(column.values.length);
  for (const value of column.rows) many[value] += 1;
  column.values.forEach((value, number) => {
    for (const key of new Set(keysOf(value))) counts.set(key, (counts.get(key) ?? 0) + many[number]);
  });
  return [...counts].sort((one, other) => other[1] - one[1] || compareTexts(one[0], other[0]));
}

function fill(select, counts, labelOf, groupOf) {
  const groups = new Map();
  select.replaceChildren(new Option("all", ""));
  for (const [key, many] of counts.slice(0, MOST_OPTIONS)) {
    const option = new Option(`${labelOf(key)} (${grouped(many)})`, key);
    const group = groupOf?.(key);
    if (group && !groups.has(group)) {
      groups.set(group, document.createElement("optgroup"));
      groups.get(group).label = group;
      select.append(groups.get(group));
    }
    (group ? groups.get(group) : select).append(option);
  }
}

function filters(devices) {
  const findingKeys = (value) => (value.length ? value.map((item) => item[0]) : ["none"]);
  const orderKeys = (value) =>
    value ? [JSON.stringify(["Delivery", value[0]]), JSON.stringify(["Order", value[1]])] : [];
  const standingKeys = (value) => value.map((item) => JSON.stringify([item[0], item[1]]));
  const second = (key) => JSON.parse(key)[1] || "none";
  const orderLabel = (key) => (first(key) === "Order" ? second(key) : spaced(second(key)));
  const first = (key) => JSON.parse(key)[0];
  const titled = (key) => (key === "none" ? "no finding" : titleOf(key));
  return [
    { id: "status", column: devices.status, keysOf: (value) => [value], labelOf: spaced },
    { id: "finding", column: devices.findings, keysOf: findingKeys, labelOf: titled },
    { id: "part", column: devices.part, keysOf: (value) => [value ?? "unknown"], labelOf: String },
    { id: "order", column: devices.order, keysOf: orderKeys, labelOf: orderLabel, groupOf: first },
    {
      id: "standing", column: devices.standings, keysOf: standingKeys,
      labelOf: (key) => spaced(second(key)), groupOf: first,
    },
  ];
}

class Explorer {
  constructor(devices) {
    this.devices = devices;
    this.sorting = "findings";
    this.descending = true;
    this.makers = rankMakers(devices);
    this.ranks = {};
    this.masks = {};
    this.names = Object.keys(HEADINGS).filter(
      (name) =>
        (name !== "order" || glossary.orders) && (name !== "standings" || glossary.targets.length),
    );
    this.drawHeadings();
    this.table = new DeviceTable(devices, this.names, {
      viewport: element("viewport"),
      body: element("rows"),
    });
    this.wire();
    this.sort();
  }

  drawHeadings() {
    for (const name of this.names) {
      const heading = made("th", `column-${name}`);
      heading.scope = "col";
      const button = made("button", "", HEADINGS[name]);
      button.type = "button";
      button.addEventListener("click", () => this.sortBy(name));
      heading.append(button);
      element("headings").append(heading);
    }
  }

  wire() {
    element("label-order").hidden = !glossary.orders;
    element("label-standing").hidden = !glossary.targets.length;
    this.filters = filters(this.devices);
    for (const filter of this.filters) {
      const select = element(`filter-${filter.id}`);
      fill(select, tallied(filter.column, filter.keysOf), filter.labelOf, filter.groupOf);
      select.addEventListener("change", () => this.filterBy(filter, select.value));
    }
    element("search").addEventListener("input", () => this.searchSoon());
    element("reset").addEventListener("click", () => this.reset());
    for (const button of document.querySelectorAll(".show-devices")) {
      button.hidden = false;
      button.addEventListener("click", () => this.showFinding(button.dataset.finding));
    }
  }

  sortBy(name) {
    this.descending = this.sorting === name ? !this.descending : false;
    this.sorting = name;
    this.sort();
  }

  sort() {
    this.names.forEach((name, number) => {
      const heading = element("headings").children[number];
      const direction = this.descending ? "descending" : "ascending";
      heading.setAttribute("aria-sort", name === this.sorting ? direction : "none");
    });
    this.ranks[this.sorting] ??= this.makers[this.sorting]();
    this.sorted = rowsByRank(this.ranks[this.sorting], this.descending);
    this.show();
  }

  // Typing goes on while the rows of the last letter are being looked for.
  searchSoon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.search(), 60);
  }

  search() {
    this.masks.search = rowsWith(this.devices, element("search").value);
    this.show();
  }

  filterBy(filter, key) {
    this.masks[filter.id] = key && rowsWhere(filter.column, (value) => filter.keysOf(value).includes(key));
    this.show();
  }

  clear() {
    clearTimeout(this.waiting);
    this.masks = {};
    element("search").value = "";
    for (const filter of this.filters) element(`filter-${filter.id}`).value = "";
  }

  reset() {
    this.clear();
    this.show();
  }

  showFinding(code) {
    this.clear();
    const select = element("filter-finding");
    select.value = code;
    this.filterBy(this.filters.find((filter) => filter.id === "finding"), code);
    element("devices").scrollIntoView();
    select.focus({ preventScroll: true });
  }

  show() {
    const masks = Object.values(this.masks).filter(Boolean);
    const rows = masks.length ? rowsLeft(this.sorted, masks) : this.sorted;
    this.table.show(rows);
    const all = counted(this.devices.count, "entry", "entries");
    element("shown").textContent =
      rows.length === this.devices.count ? `All ${all}` : `${grouped(rows.length)} of ${all}`;
  }
}

async function start() {
  const blocks = [...document.querySelectorAll("script.block")];
  if (!blocks.length) return;
  element("loading").hidden = false;
  try {
    const devices = await loadedDevices(blocks);
    devices.lowered = Object.fromEntries(
      SEARCHED_TEXTS.map((name) => [name, devices[name].map((text) => text?.toLowerCase() ?? null)]),
    );
    blocks.forEach((block) => block.remove());
    element("explorer").hidden = false;
    document.documentElement.classList.add("explored");
    new Explorer(devices);
    element("loading").hidden = true;
    performance.mark("interactive");
  } catch (error) {
    document.documentElement.classList.remove("explored");
    element("explorer").hidden = true;
    element("loading").textContent = `The table of all devices cannot be shown by this browser (${error}).`;
  }
}

// What is folded away on the screen is printed.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    folded.dataset.wasFolded = "";
  }
});
addEventListener("afterprint", () => {
  for (const unfolded of document.querySelectorAll("details[data-was-folded]")) {
    unfolded.open = false;
    delete unfolded.dataset.wasFolded;
  }
});

start();
