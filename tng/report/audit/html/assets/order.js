// Sorting: every column has ranks, made once; rows are then put in order by counting them.

function ranksOfKeys(keys, compare) {
  const sorted = [...new Set(keys)].sort(compare);
  const ranks = new Map(sorted.map((key, rank) => [key, rank]));
  return Uint32Array.from(keys, (key) => ranks.get(key));
}

function compareTexts(one, other) {
  return one < other ? -1 : Number(one > other);
}

function ranksOfWords(column, keyOf, compare) {
  const ranks = ranksOfKeys(column.values.map(keyOf), compare);
  return column.rows.map((value) => ranks[value]);
}

function ranksOfNumbers(numbers) {
  const sorted = Float64Array.from(numbers).sort().filter((number, at, all) => number !== all[at - 1]);
  return Uint32Array.from(numbers, (number) => {
    let low = 0;
    let high = sorted.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}

// Ids are compared by their first six characters as one number, and only then as texts.
function ranksOfTexts(texts) {
  const keys = Float64Array.from(texts, (text) => {
    let key = 0;
    for (let at = 0; at < 6; at += 1) key = key * 256 + Math.min(255, text.charCodeAt(at) || 0);
    return key;
  });
  const rows = Uint32Array.from(texts.keys());
  rows.sort((one, other) => keys[one] - keys[other] || compareTexts(texts[one], texts[other]));
  const ranks = new Uint32Array(texts.length);
  let rank = 0;
  rows.forEach((row, place) => {
    if (place && texts[row] !== texts[rows[place - 1]]) rank += 1;
    ranks[row] = rank;
  });
  return ranks;
}

// All rows in the order of their ranks; rows of the same rank stay as they came.
function rowsByRank(ranks, descending) {
  let highest = 0;
  for (const rank of ranks) if (rank > highest) highest = rank;
  const place = (rank) => (descending ? highest - rank : rank);
  const starts = new Uint32Array(highest + 2);
  for (const rank of ranks) starts[place(rank) + 1] += 1;
  for (let rank = 0; rank <= highest; rank += 1) starts[rank + 1] += starts[rank];
  const rows = new Uint32Array(ranks.length);
  for (let row = 0; row < ranks.length; row += 1) rows[starts[place(ranks[row])]++] = row;
  return rows;
}
