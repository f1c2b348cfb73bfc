// Searching and filtering: which rows a query or a chosen option leaves.

const SEARCHED_WORDS = [
  "status", "vendor", "part", "group", "object", "subject", "issuer", "anchor", "signer", "file",
  "findings", "order", "standings",
];
const SEARCHED_TEXTS = ["device", "sha256", "serial"];

function lowered(value) {
  return (typeof value === "string" ? value : JSON.stringify(value) ?? "").toLowerCase();
}

// A value as what is searched of it: its texts, with the titles of its checks.
function searchable(name, value) {
  if (value === null) return "";
  if (name === "findings") {
    return value.map(([code, , message]) => `${code}\n${titleOf(code)}\n${message}`).join("\n");
  }
  return Array.isArray(value) ? value.flat(2).join("\n") : value;
}

// A text in which ids stand holds the query across the border of an id only if the id begins
// with one of `heads` or ends with one of `tails`: hardly ever, and then it is looked up.
function borders(text, query) {
  const pieces = text.split(HAS_ID);
  const heads = [];
  const tails = [];
  for (let cut = 0; cut <= query.length; cut += 1) {
    const left = query.slice(0, cut);
    const right = query.slice(cut);
    if (right && left && pieces.slice(0, -1).some((piece) => piece.endsWith(left))) heads.push(right);
    if (left && right && pieces.slice(1).some((piece) => piece.startsWith(right))) tails.push(left);
  }
  return heads.length || tails.length ? { text, heads, tails } : null;
}

function crosses({ text, heads, tails }, id, query) {
  const near =
    heads.some((head) => id.startsWith(head) || head.startsWith(id)) ||
    tails.some((tail) => id.endsWith(tail) || tail.endsWith(id));
  return near && withId(text, id).toLowerCase().includes(query);
}

// Marks in `found` the rows that hold the query in a column of words. Ids were looked at before.
function markWords(devices, name, query, found) {
  const { values, rows } = devices[name];
  const texts = values.map((value) => lowered(searchable(name, value)));
  const hits = texts.map((text) => text.includes(query));
  const crossed = texts.map((text) => (HAS_ID.test(text) ? borders(text, query) : null));
  if (!hits.includes(true) && crossed.every((border) => !border)) return;
  for (let row = 0; row < rows.length; row += 1) {
    const value = rows[row];
    if (found[row]) continue;
    if (hits[value]) found[row] = 1;
    else if (crossed[value]) {
      found[row] = Number(crosses(crossed[value], devices.lowered.device[row], query));
    }
  }
}

function markTexts(texts, query, found) {
  for (let row = 0; row < texts.length; row += 1) {
    const text = texts[row];
    if (!found[row] && text !== null && text.includes(query)) found[row] = 1;
  }
}

// 1 for each row that holds the query anywhere; null for an empty query, which leaves all.
function rowsWith(devices, words) {
  const query = words.trim().toLowerCase();
  if (!query) return null;
  const found = new Uint8Array(devices.count);
  for (const name of SEARCHED_TEXTS) markTexts(devices.lowered[name], query, found);
  for (const name of SEARCHED_WORDS) markWords(devices, name, query, found);
  return found;
}

// 1 for each row whose value of the column passes; made once for each different value.
function rowsWhere(column, passes) {
  const hits = Uint8Array.from(column.values, (value) => Number(passes(value)));
  return column.rows.reduce((mask, value, row) => {
    mask[row] = hits[value];
    return mask;
  }, new Uint8Array(column.rows.length));
}

function rowsLeft(rows, masks) {
  return rows.filter((row) => masks.every((mask) => mask[row]));
}
