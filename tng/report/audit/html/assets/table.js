// The table of devices: of all its rows, only those in sight (and a few more) are elements.

const ROWS_BEYOND = 12;
// Browsers give up beyond some ten million pixels; the scroll bar then moves in larger steps.
const TALLEST = 8000000;

function cells(devices, row) {
  const findings = wordOf(devices, "findings", row);
  const standings = wordOf(devices, "standings", row);
  const found = heaviest(findings);
  const standing = STANDINGS[worst(standings)] ?? "none";
  return {
    number: [grouped(devices.number[row]), "number"],
    status: [wordOf(devices, "status", row), `status status-${wordOf(devices, "status", row)}`],
    device: [devices.device[row] ?? "unknown", "code"],
    part: [wordOf(devices, "part", row) ?? "", ""],
    provisioned: [day(devices.provisioned[row]), "day"],
    ends: [day(endOf(devices, row)), "day"],
    order: [orderInShort(wordOf(devices, "order", row)), ""],
    standings: [standingsInShort(standings), `standing standing-${standing}`],
    source: [placeOf(devices, row), "place", sourceOf(devices, row)],
    findings: [findingsInShort(findings), `found found-${found ? found[1] : "none"}`],
  };
}

class DeviceTable {
  constructor(devices, names, elements) {
    this.devices = devices;
    this.names = names;
    this.viewport = elements.viewport;
    this.body = elements.body;
    this.rows = new Uint32Array(0);
    this.drawn = new Map();
    this.open = -1;
    this.openHeight = 0;
    this.above = this.spacer();
    this.below = this.spacer();
    this.body.append(this.above, this.below);
    this.rowHeight = this.measured();
    this.viewport.addEventListener("scroll", () => this.schedule(), { passive: true });
    new ResizeObserver(() => this.resized()).observe(this.viewport);
  }

  spacer() {
    const row = made("tr", "spacer");
    row.setAttribute("aria-hidden", "true");
    row.append(made("td"));
    return row;
  }

  measured() {
    const probe = this.element(0, 0);
    this.above.after(probe);
    const height = probe.getBoundingClientRect().height;
    probe.remove();
    return height || 34;
  }

  show(rows) {
    this.rows = rows;
    this.open = -1;
    this.clear();
    this.viewport.scrollTop = 0;
    this.viewport.querySelector("table").setAttribute("aria-rowcount", String(rows.length + 1));
    this.draw();
  }

  clear() {
    for (const elements of this.drawn.values()) elements.forEach((element) => element.remove());
    this.drawn.clear();
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  // Pixels from the first row to the row at `place`, the open panel included.
  top(place) {
    return place * this.rowHeight + (this.open >= 0 && place > this.open ? this.openHeight : 0);
  }

  range() {
    const whole = this.top(this.rows.length);
    const seen = this.viewport.clientHeight;
    const squeezed = Math.max(1, (whole - seen) / Math.max(1, Math.min(whole, TALLEST) - seen));
    const offset = this.viewport.scrollTop * squeezed;
    const panel = this.open >= 0 && offset > this.top(this.open) ? this.openHeight : 0;
    const first = Math.max(0, Math.floor((offset - panel) / this.rowHeight) - ROWS_BEYOND);
    const many = Math.ceil(seen / this.rowHeight) + 2 * ROWS_BEYOND;
    const last = Math.min(this.rows.length, first + many);
    // Where the scroll bar is squeezed, the rows lie as far from its place as they would unsqueezed.
    const shift = offset - this.viewport.scrollTop;
    return { first, last, before: this.top(first) - shift, after: Math.min(whole, TALLEST) - this.top(last) + shift };
  }

  draw() {
    const { first, last, before, after } = this.range();
    for (const [place, elements] of this.drawn) {
      if (place < first || place >= last) {
        elements.forEach((element) => element.remove());
        this.drawn.delete(place);
      }
    }
    let previous = this.above;
    for (let place = first; place < last; place += 1) {
      if (!this.drawn.has(place)) this.drawn.set(place, this.elements(place));
      const elements = this.drawn.get(place);
      if (previous.nextSibling !== elements[0]) previous.after(...elements);
      previous = elements[elements.length - 1];
    }
    this.above.firstChild.style.height = `${Math.max(0, before)}px`;
    this.below.firstChild.style.height = `${Math.max(0, after)}px`;
    this.above.hidden = before <= 0;
    this.below.hidden = after <= 0;
  }

  elements(place) {
    const row = this.rows[place];
    const element = this.element(place, row);
    return place === this.open ? [element, this.panel(row)] : [element];
  }

  element(place, row) {
    const line = made("tr", place % 2 ? "odd" : "");
    line.setAttribute("aria-rowindex", String(place + 2));
    const shown = cells(this.devices, row);
    for (const name of this.names) {
      const [text, className, inFull] = shown[name];
      const named = name === "device";
      const cell = made(named ? "th" : "td", `column-${name} ${className}`, named ? undefined : text);
      if (named) {
        cell.scope = "row";
        cell.append(this.toggle(place, text));
      }
      cell.title = inFull ?? text;
      line.append(cell);
    }
    // Who selects text of a row to copy it does not want to open it.
    line.addEventListener("click", (event) => {
      const selection = getSelection();
      const copying = !selection.isCollapsed && line.contains(selection.anchorNode);
      if (event.target.closest("button") || !copying) this.toggled(place);
    });
    return line;
  }

  toggle(place, text) {
    const button = made("button", "toggle", text);
    button.type = "button";
    button.setAttribute("aria-expanded", String(place === this.open));
    return button;
  }

  // Narrow screens leave columns out.
  columnsSeen() {
    const headings = [...this.viewport.querySelectorAll("thead th")];
    return headings.filter((heading) => heading.offsetWidth).length;
  }

  resized() {
    const panel = this.drawn.get(this.open)?.[1];
    if (panel) {
      panel.firstChild.colSpan = this.columnsSeen();
      this.openHeight = panel.getBoundingClientRect().height;
    }
    this.schedule();
  }

  panel(row) {
    const line = made("tr", "opened");
    const cell = made("td");
    cell.colSpan = this.columnsSeen();
    cell.append(details(this.devices, row));
    line.append(cell);
    return line;
  }

  toggled(place) {
    const offset = this.viewport.scrollTop;
    const opened = this.open === place ? -1 : place;
    const closedAbove = this.open >= 0 && this.open < place ? this.openHeight : 0;
    this.open = opened;
    this.openHeight = 0;
    this.clear();
    this.draw();
    if (opened >= 0 && this.drawn.has(opened)) {
      this.openHeight = this.drawn.get(opened)[1].getBoundingClientRect().height;
    }
    this.viewport.scrollTop = offset - closedAbove;
    this.draw();
    this.drawn.get(place)?.[0].querySelector("button").focus({ preventScroll: true });
  }
}
