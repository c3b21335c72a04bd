// The canned pages of the stand-in server: a handful of contacts, in the markup that the shell
// relies on (the element `main` with its data attributes, phone links, forms with their fields).

const NAMES = ["Ann Smith", "Bruno Keller", "Chidi Okafor", "Dana Levi", "Emil Sørensen"];

export function people() {
  return NAMES.map((name, index) => ({
    id: `00300000000000${index + 1}AAA`,
    name,
    phone: `+1415555121${index}`,
    display: `(415) 555-121${index}`,
  }));
}

const escape = (text) =>
  String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function main(data, body) {
  const attributes = Object.entries(data)
    .map(([name, value]) => ` data-${name}="${escape(value)}"`)
    .join("");
  return `<main id="oh-main" tabindex="-1"${attributes}>${body}</main>`;
}

const card = (body) =>
  `<article class="slds-card"><div class="slds-card__body slds-card__body_inner">${body}</div>
  </article>`;

/** The answer to a request for a page: `{html, status}` or `{location}`. */
export function fragment(url, method, form, state) {
  const path = url.pathname;
  const here = path + url.search;
  const [, , area, object, id, verb] = path.split("/");
  if (area === "r") return record({ here, object, id, verb, method, form, state });
  if (area === "o" && id === "new") return newContact(here, method, form, state);
  if (area === "o") return { html: list(here, state) };
  if (path === "/lightning/undo") {
    state.people.push(state.deleted);
    return { location: `${address(state.deleted)}/view` };
  }
  if (path === "/lightning/page/home") return { html: home(here) };
  if (path === "/lightning/search") {
    const data = { url: here, title: "Search", kind: "search", icon: "search" };
    return { html: main(data, "<h1>Results</h1>") };
  }
  if (path.startsWith("/lightning/setup")) {
    return { html: main({ url: here, title: "Setup", kind: "setup" }, "<h1>Setup</h1>") };
  }
  if (path === "/lightning/broken") return { status: 500, html: "no main in here" };
  const missing = main({ url: here, title: "Not found", kind: "" }, "<h1>Not found</h1>");
  return { status: 404, html: missing };
}

function home(here) {
  const body = `<h1 class="slds-text-heading_large">Good morning</h1>
    <p><a href="/lightning/o/Contact/list">Contacts</a></p>`;
  return main({ url: here, title: "Home", kind: "home", icon: "home" }, card(body));
}

function list(here, state) {
  const rows = state.people.map(
    (p) => `<tr><th scope="row"><a href="${address(p)}/view">${escape(p.name)}</a></th>
      <td>${phone(p)}</td></tr>`,
  );
  const body = `${deletedNotice(state)}<h1 class="slds-text-heading_medium">Contacts</h1>
    <p><a class="slds-button slds-button_neutral" href="/lightning/o/Contact/new">New</a></p>
    <table class="slds-table slds-table_bordered"><thead><tr><th scope="col">Name</th>
    <th scope="col">Phone</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
  const data = { url: here, title: "Contacts", kind: "list", icon: "contact" };
  return main({ ...data, "object-type": "Contact" }, card(body));
}

/** Told once, as the server does. */
function deletedNotice(state) {
  if (!state.deleted || state.told === state.deleted) return "";
  state.told = state.deleted;
  return `<div data-toast="success"><svg aria-hidden="true"></svg><p>Deleted a contact.</p>
    <form method="post" action="/lightning/undo"><button class="oh-link-button">Undo</button>
    </form></div>`;
}

const address = (person) => `/lightning/r/Contact/${person.id}`;

const phone = (p) =>
  `<a class="oh-phone" href="tel:${p.phone}" data-number="${p.phone}" data-record-id="${p.id}"
    data-record-name="${escape(p.name)}" data-object-type="Contact">${p.display}</a>`;

function record({ here, id, verb, method, form, state }) {
  const person = state.people.find((p) => p.id.startsWith(id?.slice(0, 15) ?? "?"));
  if (person === undefined) {
    return { status: 404, html: main({ url: here, title: "Gone", kind: "" }, "<h1>Gone</h1>") };
  }
  if (verb === "edit" && method === "POST") return save(person, form, here);
  if (verb === "edit") return { html: edit(person, here, person.name, null) };
  if (verb === "delete" && method === "POST") {
    state.people = state.people.filter((p) => p !== person);
    state.deleted = person;
    return { location: "/lightning/o/Contact/list" };
  }
  return { html: view(person, here, verb, state) };
}

function view(person, here, verb, state) {
  const related = state.people.filter((p) => p !== person).slice(0, 2);
  const links = related.map(
    (p) => `<li><a data-open="subtab" href="${address(p)}/view">${escape(p.name)}</a></li>`,
  );
  const remove =
    verb === "delete"
      ? `<form method="post" action="/lightning/r/Contact/${person.id}/delete">
          <button class="slds-button slds-button_destructive">Delete</button></form>`
      : `<a href="/lightning/r/Contact/${person.id}/delete">Delete</a>`;
  const filler = Array.from({ length: 40 }, (_, n) => `<p>Activity ${n + 1}</p>`).join("");
  const body = `<h1 class="slds-text-heading_medium">${escape(person.name)}</h1>
    <p>Phone: ${phone(person)}</p>
    <p><a href="/lightning/r/Contact/${person.id}/edit">Edit</a> ${remove}</p>
    <h2>Related</h2><ul>${links.join("")}</ul>${filler}`;
  return main({ url: here, kind: "record", ...recordData(person) }, card(body));
}

const recordData = (person) => ({
  title: person.name,
  icon: "contact",
  "record-id": person.id,
  "record-name": person.name,
  "object-type": "Contact",
});

function save(person, form, here) {
  const name = form.get("Name") ?? "";
  if (name === "") return { status: 422, html: edit(person, here, name, "Name: enter a name.") };
  person.name = name;
  return { location: `/lightning/r/Contact/${person.id}/view` };
}

function edit(person, here, value, error) {
  const body = `<h1>Edit ${escape(person.name)}</h1>${nameForm(here, value, error)}`;
  return main({ url: here, kind: "edit", ...recordData(person) }, card(body));
}

function newContact(here, method, form, state) {
  const title = "New Contact";
  if (method === "POST" && form.get("Name")) {
    const index = state.people.length + 1;
    const person = { ...people()[0], id: `0030000000000${index + 10}AAA`, name: form.get("Name") };
    state.people = [...state.people, person];
    return { location: `/lightning/r/Contact/${person.id}/view` };
  }
  const error = method === "POST" ? "Name: enter a name." : null;
  const data = { url: here, title, kind: "new", icon: "contact", "object-type": "Contact" };
  const body = `<h1>${title}</h1>${nameForm(here, "", error)}`;
  return { status: error ? 422 : 200, html: main(data, card(body)) };
}

function nameForm(action, value, error) {
  const fault = error
    ? `<div id="Name-error" class="slds-form-element__help" role="alert">${error}</div>`
    : "";
  const invalid = error ? ' aria-invalid="true" aria-describedby="Name-error"' : "";
  return `<form method="post" action="${escape(action)}">
    <input type="hidden" name="_csrf" value="t"><label for="Name">Name</label>
    <input class="slds-input" id="Name" name="Name" value="${escape(value)}"${invalid}>${fault}
    <p class="slds-m-top_small"><button class="slds-button slds-button_brand">Save</button>
    <a class="slds-button slds-button_neutral" href="/lightning/o/Contact/list">Cancel</a></p>
    </form>`;
}

/** A whole page around a `main`. */
export function document(html, state) {
  const boot = {
    user: { id: "005000000000001AAA", name: "Rita Rep" },
    csrf: "t",
    phone: state.phone ?? true,
    pages_origin: state.pagesOrigin,
    app: "Sales Console",
    version: "0.0.0",
  };
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Offhook</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" type="image/svg+xml" href="data:image/svg+xml,">
    <link rel="stylesheet" href="/assets/slds.css">
    <link rel="stylesheet" href="/assets/console.css">
    <script type="application/json" id="oh-boot">${JSON.stringify(boot)}</script>
    <script type="module" src="/assets/console.js"></script></head><body class="slds-scope">
    <a class="oh-skip" href="#oh-main">Skip to the page</a>
    <header id="oh-header"><a class="oh-brand" href="/lightning/page/home">
    <svg class="oh-logo" viewBox="0 0 32 32" aria-hidden="true">
    <rect class="oh-logo__tile" width="32" height="32"
      rx="9"/></svg>
    <span class="oh-brand__name">Offhook</span><span class="oh-brand__app">Sales Console</span></a>
    <nav class="oh-nav" aria-label="Sales Console"><ul>
    <li><a href="/lightning/page/home">Home</a></li>
    <li><a href="/lightning/o/Contact/list">Contacts</a></li></ul></nav>
    <form class="oh-search" role="search" action="/lightning/search" method="get">
    <svg class="oh-search__icon" aria-hidden="true">
    <use href="/assets/icons/utility.svg#search"></use></svg>
    <label class="slds-assistive-text" for="q">Search</label>
    <input id="q" type="search" name="q" placeholder="Search"></form>
    <details class="oh-menu"><summary>
    <span class="oh-avatar" aria-hidden="true">RR</span>
    <span class="slds-assistive-text">Rita Rep: your menu</span></summary>
    <div class="oh-menu__panel">
    <form method="post" action="/logout" data-native><button>Sign out</button></form></div>
    </details>
    </header><div id="oh-tabs"></div>${html}<footer id="oh-utility"></footer>
    <div id="oh-toasts" role="status" aria-live="polite"></div></body></html>`;
}

/** An adapter like those in the wild: loads the library, registers, shows what it hears. */
export function adapterPage() {
  return `<!doctype html><html lang="en"><head><title>Adapter</title></head><body>
    <h1>Adapter</h1><pre id="heard"></pre>
    <script src="/support/api/57.0/lightning/opencti_min.js"></script><script>
    const heard = (what) => { document.getElementById("heard").textContent += what + "\\n"; };
    const cti = sforce.opencti;
    window.birth = Math.random();
    cti.enableClickToDial({ callback: () => heard("enabled") });
    cti.onClickToDial({ listener: (p) => heard("dial " + JSON.stringify(p)) });
    cti.onNavigationChange({ listener: (p) => heard("at " + p.url + " " + p.recordName) });
    cti.getCallCenterSettings({ callback: (r) => heard("settings " + r.success) });
    cti.setSoftphonePanelLabel({ label: "Demo phone" });
    cti.notifyInitializationComplete();
    </script></body></html>`;
}
