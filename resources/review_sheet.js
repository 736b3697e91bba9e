"use strict";
// The review sheet: keeps what a reviewer enters in the browser, saves it to a file, loads it again.
(() => {
  const MOST_BYTES = 16 * 2 ** 20;
  const find = (id) => document.getElementById(id);
  const bar = find("bar"), about = bar.dataset, reviewer = find("reviewer"), filter = find("filter");
  const cards = Array.from(document.querySelectorAll(".card"));
  const cardOf = new Map(cards.map((card) => [card.dataset.id, card]));
  // What was entered, by landslide: verdict, ls_type, confidence, note, reviewed_at.
  const entries = new Map();
  let here = null;

  // --- what the browser keeps: a key for each landslide, so that a click costs the same on any sheet

  const OURS = "landslip review/", SHEET = `${OURS}${about.sheet}/`;
  const keyOf = (id) => `${SHEET}id/${id}`;

  function keep(key, text) {
    try {
      if (text) localStorage.setItem(key, text);
      else localStorage.removeItem(key);
    } catch (error) {
      tell("This browser keeps nothing: save the review before you close the page.", true);
    }
  }

  function kept(key) {
    try {
      return localStorage.getItem(key) || "";
    } catch (error) {
      return "";
    }
  }

  // --- one landslide

  const part = (card, name) => card.querySelector(name);
  const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

  function shown(card) {
    const ticked = part(card, "input[type=radio]:checked");
    return {
      verdict: ticked ? ticked.value : "",
      ls_type: part(card, ".type").value,
      confidence: part(card, ".confidence").value,
      note: part(card, ".note").value.trim(),
      reviewed_at: now(),
    };
  }

  function show(card, entry) {
    for (const radio of card.querySelectorAll("input[type=radio]")) {
      radio.checked = radio.value === entry.verdict;
    }
    part(card, ".type").value = entry.ls_type;
    part(card, ".confidence").value = entry.confidence;
    part(card, ".note").value = entry.note;
  }

  function enter(card, entry) {
    const id = card.dataset.id;
    const empty = !(entry.verdict || entry.ls_type || entry.confidence || entry.note);
    if (empty) entries.delete(id);
    else entries.set(id, entry);
    card.dataset.verdict = entry.verdict;
    keep(keyOf(id), empty ? "" : JSON.stringify({ ...entry, outline: card.dataset.outline }));
  }

  function changed(card) {
    enter(card, shown(card));
    keep(`${SHEET}unsaved`, "yes");
    count();
  }

  // Whether a value that was stored or loaded can be entered; a file may come from anybody.
  function isEntry(value, card) {
    const has = (name, text) =>
      Array.from(part(card, name).options).some((option) => option.value === text);
    const verdicts = Array.from(card.querySelectorAll("input[type=radio]"), (radio) => radio.value);
    return (
      value !== null && typeof value === "object" && ["", ...verdicts].includes(value.verdict) &&
      has(".type", value.ls_type) && has(".confidence", value.confidence) &&
      typeof value.note === "string" && value.note.length <= part(card, ".note").maxLength &&
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value.reviewed_at)
    );
  }

  function take(card, value) {
    const { verdict, ls_type, confidence, note, reviewed_at } = value;
    const entry = { verdict, ls_type, confidence, note, reviewed_at };
    show(card, entry);
    enter(card, entry);
  }

  // --- the whole sheet

  function tell(text, warning) {
    find("told").textContent = text;
    find("told").className = warning ? "warning" : "";
  }

  function count() {
    let done = 0;
    for (const entry of entries.values()) done += entry.verdict ? 1 : 0;
    const unsaved = kept(`${SHEET}unsaved`) ? ", not yet saved to a file" : "";
    find("count").textContent = `${done} of ${cards.length} reviewed${unsaved}`;
  }

  const isDone = (card) => Boolean((entries.get(card.dataset.id) || {}).verdict);

  function sift() {
    // The landslide that is being looked at stays until the next one is.
    for (const card of cards) {
      const out = filter.value === "open" && card !== here && isDone(card);
      card.classList.toggle("hidden", out);
    }
  }

  function go(card) {
    if (!card || card === here) return;
    const before = here;
    here = card;
    if (before) {
      before.classList.remove("here");
      before.classList.toggle("hidden", filter.value === "open" && isDone(before));
    }
    card.classList.add("here");
  }

  function step(from, by) {
    const visible = cards.filter((card) => !card.classList.contains("hidden"));
    if (!from) return visible[0];
    const place = visible.indexOf(from);
    if (Math.abs(by) === 1) return visible[place + by];
    // A row up or down: as many landslides as stand beside each other.
    const top = visible[0].offsetTop;
    const columns = visible.findIndex((card) => card.offsetTop !== top);
    return visible[place + (columns > 0 ? columns : visible.length) * Math.sign(by)];
  }

  function move(by) {
    const card = step(here, by);
    if (!card) return;
    card.focus({ preventScroll: true });
    go(card);
    card.scrollIntoView({ block: "nearest" });
  }

  function judge(card, verdict) {
    for (const radio of card.querySelectorAll("input[type=radio]")) {
      radio.checked = radio.value === verdict;
    }
    changed(card);
  }

  // --- files

  function named() {
    if (reviewer.value.trim()) return true;
    tell("Enter your name first: the inventory keeps who reviewed a landslide.", true);
    reviewer.focus();
    return false;
  }

  function save() {
    if (!named()) return;
    const verdicts = cards.filter((card) => entries.has(card.dataset.id)).map((card) => ({
      id: card.dataset.id,
      ...entries.get(card.dataset.id),
      area_m2: Number(card.dataset.area),
      outline: card.dataset.outline,
    }));
    const review = {
      format: about.format, version: Number(about.version), sheet: about.sheet,
      inventory: about.inventory, reviewer: reviewer.value.trim(), saved_at: now(), verdicts,
    };
    const blob = new Blob([`${JSON.stringify(review, null, 1)}\n`], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${about.file}.review.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    keep(`${SHEET}unsaved`, "");
    count();
    tell(`${verdicts.length} saved to ${link.download}, in your downloads.`);
  }

  async function load(file) {
    let review = null;
    try {
      if (file.size <= MOST_BYTES) review = JSON.parse(await file.text());
    } catch (error) {
      review = null;
    }
    const fits = review !== null && typeof review === "object" && review.format === about.format &&
      review.version === Number(about.version) && typeof review.reviewer === "string" &&
      Array.isArray(review.verdicts);
    if (!fits) return tell(`${file.name} is no saved review.`, true);
    const other = review.reviewer.trim().slice(0, reviewer.maxLength), mine = reviewer.value.trim();
    if (entries.size && mine && other.toLowerCase() !== mine.toLowerCase()) {
      return tell(
        `${file.name} is the review of ${other}, and this page holds that of ${mine}. Apply both ` +
        "files to the inventory instead.", true);
    }
    reviewer.value = other;
    keep(`${OURS}reviewer`, other);
    told(file.name, review.verdicts.map(loaded));
    return undefined;
  }

  // Enter one verdict of a file, and say what became of it.
  function loaded(value) {
    const card = value !== null && typeof value === "object" ? cardOf.get(value.id) : undefined;
    if (!card) return "not on this sheet";
    if (!isEntry(value, card)) return "not understood";
    if (value.outline !== card.dataset.outline) return "of outlines that have changed since";
    const known = entries.get(card.dataset.id);
    if (known && known.reviewed_at > value.reviewed_at) return "older than what is here";
    take(card, value);
    return "";
  }

  function told(name, results) {
    const counts = new Map();
    for (const result of results) counts.set(result, (counts.get(result) || 0) + 1);
    const taken = counts.get("") || 0;
    counts.delete("");
    const left = Array.from(counts, ([why, n]) => `${n} ${why}`).join(", ");
    count();
    sift();
    tell(`${taken} loaded from ${name}${left ? `; left out: ${left}` : ""}.`, Boolean(left));
  }

  // --- what a reviewer does

  const KEYS = {
    ArrowLeft: () => move(-1), ArrowRight: () => move(1),
    ArrowUp: () => move(-2), ArrowDown: () => move(2),
  };
  const VERDICTS = { a: "accept", e: "edit", r: "reject", u: "" };

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const where = event.target;
    const done = event.key === "Enter" && where.matches("#reviewer, .note");
    if (done && !here) return move(1);
    if ((done || event.key === "Escape") && here) return here.focus({ preventScroll: true });
    const typing = where.matches("select, textarea, input:not([type=radio])");
    if (typing) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    let act = KEYS[key];
    if (here && key in VERDICTS) act = () => judge(here, VERDICTS[key]);
    if (here && key === "n") act = () => part(here, ".note").focus();
    if (here && /^[1-5]$/.test(key)) {
      act = () => {
        part(here, ".confidence").selectedIndex = Number(key);
        changed(here);
      };
    }
    if (!act) return;
    event.preventDefault();
    act();
  }

  for (const type of ["click", "focusin"]) {
    document.addEventListener(type, (event) => go(event.target.closest(".card")));
  }
  document.addEventListener("input", (event) => {
    const card = event.target.closest(".card");
    if (card) changed(card);
  });
  document.addEventListener("keydown", pressed);
  reviewer.addEventListener("input", () => keep(`${OURS}reviewer`, reviewer.value.trim()));
  filter.addEventListener("change", sift);
  find("save").addEventListener("click", save);
  find("load").addEventListener("click", () => find("file").click());
  find("file").addEventListener("change", (event) => {
    const file = event.target.files[0];
    event.target.value = "";
    if (file) load(file);
  });

  reviewer.value = kept(`${OURS}reviewer`);
  for (const card of cards) {
    let value = null;
    try {
      value = JSON.parse(kept(keyOf(card.dataset.id)) || "null");
    } catch (error) {
      value = null;
    }
    const same = value !== null && value.outline === card.dataset.outline;
    // A browser may have filled the form by itself, as it was when the page was left.
    if (same && isEntry(value, card)) take(card, value);
    else show(card, { verdict: "", ls_type: "", confidence: "", note: "" });
  }
  count();
  if (!reviewer.value) reviewer.focus();
})();
