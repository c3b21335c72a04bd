// Addresses and field ids of the Classic interface that adapters still use: what they mean here,
// and how outcomes of a search are written for them. Pure. Meanings as documented or as real
// adapters use them.

/** Label and key prefix of the org's objects, by their API names. */
export type Objects = Readonly<Record<string, { readonly label: string; readonly prefix: string }>>;

/** What `screenPop` of the Lightning API takes. */
export interface Pop {
  readonly type: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Fields by the ids that the Classic pages gave them in their addresses. */
const OLD_FIELD_IDS: Readonly<Record<string, string>> = {
  name_firstcon2: "FirstName",
  name_lastcon2: "LastName",
  con10: "Phone",
  con12: "MobilePhone",
  con13: "HomePhone",
  con15: "Email",
  acc2: "Name",
  acc10: "Phone",
  name_firstlea2: "FirstName",
  name_lastlea2: "LastName",
  lea3: "Company",
  lea8: "Phone",
  lea9: "MobilePhone",
  lea11: "Email",
};

/** Values for a new record from parameters of an address; names of today's fields stay. */
export function prefill(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const known = Object.entries(parameters).flatMap(([id, value]) => {
    const field = OLD_FIELD_IDS[id] ?? (/^[A-Z]\w*$/.test(id) ? id : undefined);
    return field === undefined || value === "" ? [] : [[field, value] as const];
  });
  return Object.fromEntries(known);
}

/** What a Classic address asks for; null leaves it to the server as it is. */
export function popOf(url: string, objects: Objects): Pop | null {
  const [path = "", query = ""] = url.split("#")[0]!.split("?");
  const parameters = Object.fromEntries(new URLSearchParams(query));
  if (/^\/(search\/SearchResults|_ui\/search\/ui\/UnifiedSearchResults)$/.test(path)) {
    return { type: "search", params: { searchString: parameters["str"] ?? "" } };
  }
  const [, prefix, verb] = /^\/(\w{3})\/([eo])$/.exec(path) ?? [];
  const found = Object.entries(objects).find(([, object]) => object.prefix === prefix);
  if (found === undefined) return null;
  const [object] = found;
  if (verb === "o") return { type: "objecthome", params: { scope: object } };
  const defaultFieldValues = prefill(parameters);
  return { type: "newRecord", params: { entityName: object, defaultFieldValues } };
}

/** The address of an outcome as Classic wrote it; null where only the console has one. */
export function classicUrl(pop: unknown): string | null {
  const { type, params } = (pop ?? {}) as Partial<Pop>;
  const text = (name: string): string => String(params?.[name] ?? "");
  if (type === "sobject") return `/${shortId(text("recordId"))}`;
  if (type === "url") return text("url");
  if (type !== "search") return null;
  return `/search/SearchResults?searchType=2&str=${encodeURIComponent(text("searchString"))}`;
}

/** Ids of records have 15 characters in Classic. */
export function shortId(id: string): string {
  return /^[A-Za-z0-9]{18}$/.test(id) ? id.slice(0, 15) : id;
}
