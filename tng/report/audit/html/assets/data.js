// Unpacks the blocks that packing.py and columns.py wrote into columns over all devices.
// Knows how columns are written, and nothing of tables.

const HEADER_OCTETS = 4;
const HEX_DIGITS = new TextEncoder().encode("0123456789abcdef");

async function inflated(base64) {
  const binary = atob(base64);
  const octets = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) octets[at] = binary.charCodeAt(at);
  const stream = new Blob([octets]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function unpackedWords(octets, count) {
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row += 1) rows[row] = octets[row] | (octets[count + row] << 8);
  return rows;
}

function unpackedHex(octets, count, others) {
  const digits = new Uint8Array(2 * (octets.length - count));
  for (let at = count, to = 0; at < octets.length; at += 1) {
    digits[to++] = HEX_DIGITS[octets[at] >> 4];
    digits[to++] = HEX_DIGITS[octets[at] & 15];
  }
  const all = new TextDecoder("latin1").decode(digits);
  const texts = new Array(count);
  for (let row = 0, from = 0; row < count; row += 1) {
    const to = from + 2 * octets[row];
    texts[row] = all.slice(from, to);
    from = to;
  }
  for (const [row, text] of others) texts[row] = text;
  return texts;
}

function unpackedNumbers(octets, count) {
  const numbers = new Float64Array(count);
  let at = 0;
  let last = 0;
  for (let row = 0; row < count; row += 1) {
    let coded = 0;
    let weight = 1;
    let octet;
    do {
      octet = octets[at++];
      coded += (octet & 0x7f) * weight;
      weight *= 128;
    } while (octet & 0x80);
    last += coded % 2 ? -(coded + 1) / 2 : coded / 2;
    numbers[row] = last;
  }
  return numbers;
}

async function unpackedBlock(base64) {
  const octets = await inflated(base64);
  const length = new DataView(octets.buffer).getUint32(0, true);
  let at = HEADER_OCTETS + length;
  const header = JSON.parse(new TextDecoder().decode(octets.subarray(HEADER_OCTETS, at)));
  const columns = new Map();
  for (const [name, kind, size, note] of header.columns) {
    columns.set(name, { kind, note, octets: octets.subarray(at, at + size) });
    at += size;
  }
  return { count: header.count, columns };
}

// A column of words over all devices: the different values, and for each row which of them.
function joinedWords(blocks, name, count) {
  const values = [];
  const known = new Map();
  const rows = new Uint32Array(count);
  let first = 0;
  for (const block of blocks) {
    const { note, octets } = block.columns.get(name);
    const numbers = note.map((value) => {
      const key = JSON.stringify(value);
      if (!known.has(key)) known.set(key, values.push(value) - 1);
      return known.get(key);
    });
    const local = unpackedWords(octets, block.count);
    for (let row = 0; row < block.count; row += 1) rows[first + row] = numbers[local[row]];
    first += block.count;
  }
  return { values, rows };
}

function joinedTexts(blocks, name) {
  return blocks.flatMap((block) => {
    const { note, octets } = block.columns.get(name);
    return unpackedHex(octets, block.count, note);
  });
}

function joinedNumbers(blocks, name, count) {
  const numbers = new Float64Array(count);
  let first = 0;
  for (const block of blocks) {
    numbers.set(unpackedNumbers(block.columns.get(name).octets, block.count), first);
    first += block.count;
  }
  return numbers;
}

async function loadedDevices(elements) {
  const blocks = await Promise.all(elements.map((element) => unpackedBlock(element.textContent)));
  const count = blocks.reduce((sum, block) => sum + block.count, 0);
  const devices = { count };
  for (const [name, { kind }] of blocks[0].columns) {
    if (kind === "words") devices[name] = joinedWords(blocks, name, count);
    else if (kind === "hex") devices[name] = joinedTexts(blocks, name);
    else devices[name] = joinedNumbers(blocks, name, count);
  }
  return devices;
}
