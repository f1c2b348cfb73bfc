// The panel under an open row: all that is known of one device.

function made(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) {
    const isolated = document.createElement("bdi");
    isolated.textContent = text;
    element.append(isolated);
  }
  return element;
}

function listed(title, pairs) {
  const box = made("div", "panel-part");
  const list = made("dl");
  for (const [name, value] of pairs) {
    if (!value) continue;
    const pair = made("div");
    pair.append(made("dt", "", name), made("dd", "", value));
    list.append(pair);
  }
  if (list.childElementCount) box.append(made("p", "panel-title", title), list);
  return box;
}

function anchorText(anchor) {
  return anchor && `${anchor[0]} (${anchor[1] ? "built in" : "ADDED, not built in"})`;
}

function findingList(findings, id) {
  const box = made("div", "panel-part panel-wide");
  box.append(made("p", "panel-title", findings.length ? "Findings" : "No findings"));
  const list = made("ul", "panel-findings");
  const sorted = [...findings].sort(
    (one, other) => SEVERITIES.indexOf(other[1]) - SEVERITIES.indexOf(one[1]),
  );
  for (const [code, severity, message] of sorted) {
    const [title, meaning, remedy] = glossary.checks[code] ?? [code, "", ""];
    const item = made("li");
    const head = made("p");
    head.append(made("span", `tag tag-${severity}`, severity), " ", made("strong", "", title));
    item.append(head, made("p", "", withId(message, id)));
    if (severity !== "notice") item.append(made("p", "remedy", `→ ${remedy}`));
    item.append(made("p", "place", `${code}: ${meaning}`));
    list.append(item);
  }
  box.append(list);
  return box;
}

function standingText([, standing, name, differences], id) {
  const said = [glossary.standings[standing] ?? "", name && `as ${withId(name, id)}`];
  const text = [spaced(standing), ...said.filter(Boolean)].join(", ");
  return [text, ...differences.map((item) => withId(item, id))].join("; ");
}

function details(devices, row) {
  const word = (name) => wordOf(devices, name, row);
  const id = devices.device[row] ?? "";
  const order = word("order");
  const panel = made("div", "panel");
  panel.append(
    findingList(word("findings"), id),
    listed("Device", [
      ["Outcome", `${word("status")}: ${glossary.statuses[word("status")] ?? ""}`],
      ["Device", id],
      ["Vendor", word("vendor")],
      ["Part number", word("part")],
      ["Group", word("group")],
      ["Object or slot", word("object")],
      ["Provisioned", moment(devices.provisioned[row])],
      ["Found in", sourceOf(devices, row)],
    ]),
    listed("Certificate", [
      ["Subject", withId(word("subject"), id)],
      ["Issuer", word("issuer")],
      ["Serial number", devices.serial[row]],
      ["Valid from", moment(devices.begins[row])],
      ["Valid until", moment(endOf(devices, row))],
      ["SHA-256", devices.sha256[row]],
    ]),
    listed("Who vouches", [
      ["Anchor", anchorText(word("anchor"))],
      ["Manifest signer", anchorText(word("signer"))],
      ["Path to the anchor", word("path").join(" → ")],
    ]),
    listed("Order", [
      ["Order", order && order[1]],
      ["Delivery", order && (glossary.deliveries[order[0]] ?? order[0])],
      ["Line of the orders", order && order[2] !== null ? String(order[2] + 1) : ""],
    ]),
    listed("Targets", word("standings").map((item) => [item[0], standingText(item, id)])),
  );
  return panel;
}
