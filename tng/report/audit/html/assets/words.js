// What the columns say in words. Every text that leaves here is drawn as text, never as markup.

const LOWER_ID = /\ue000/g;
const UPPER_ID = /\ue001/g;
const HAS_ID = /[\ue000\ue001]/;
const SECONDS_TO_1970 = 62135596800;
const SECONDS_A_DAY = 86400;
const SEVERITIES = ["notice", "warning", "error"];
const STANDINGS = [
  "in-place", "absent", "unknown", "incomplete", "different", "missing", "unexpected", "conflict",
];

const glossary = JSON.parse(document.getElementById("glossary").textContent);

function wordOf(devices, name, row) {
  return devices[name].values[devices[name].rows[row]];
}

function withId(text, id) {
  if (!text || !HAS_ID.test(text)) return text;
  return text.replace(LOWER_ID, () => id).replace(UPPER_ID, () => id.toUpperCase());
}

function spaced(value) {
  return value.replaceAll("-", " ");
}

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

function counted(number, noun, nouns) {
  return `${grouped(number)} ${number === 1 ? noun : nouns}`;
}

// Seconds since year 1 and one, as packed; 0 is not known.
function moment(packed) {
  if (!packed) return "";
  return new Date((packed - 1 - SECONDS_TO_1970) * 1000).toISOString().replace(".000Z", "Z");
}

function day(packed) {
  return moment(packed).slice(0, 10);
}

function endOf(devices, row) {
  const lifetime = devices.lifetime[row];
  if (!lifetime) return 0;
  return devices.begins[row] + (lifetime > 0 ? lifetime - 1 : lifetime);
}

function sourceOf(devices, row) {
  const file = wordOf(devices, "file", row);
  if (devices.entry[row]) return `${file} entry ${grouped(devices.entry[row])}`;
  if (devices.line[row]) return `${file} line ${grouped(devices.line[row])}`;
  return file;
}

// Shorter, so that the number is still seen in a narrow column.
function placeOf(devices, row) {
  const number = devices.entry[row] || devices.line[row];
  const file = wordOf(devices, "file", row);
  return number ? `${file} ${grouped(number)}` : file;
}

function titleOf(code) {
  return glossary.checks[code]?.[0] ?? code;
}

function heaviest(findings) {
  let found = null;
  for (const finding of findings) {
    if (!found || SEVERITIES.indexOf(finding[1]) > SEVERITIES.indexOf(found[1])) found = finding;
  }
  return found;
}

function findingsInShort(findings) {
  const first = heaviest(findings);
  if (!first) return "";
  const more = findings.length - 1;
  return titleOf(first[0]) + (more ? ` (+${more})` : "");
}

function worst(standings) {
  return Math.max(-1, ...standings.map((item) => STANDINGS.indexOf(item[1])));
}

function standingsInShort(standings) {
  if (!standings.length) return "";
  const standing = STANDINGS[worst(standings)];
  const same = standings.filter((item) => item[1] === standing).length;
  return spaced(standing) + (standings.length > 1 ? ` ${same}/${standings.length}` : "");
}

function orderInShort(order) {
  if (!order) return "";
  const [delivery, name] = order;
  return delivery === "as-ordered" ? name : `${name ? `${name}: ` : ""}${spaced(delivery)}`;
}
