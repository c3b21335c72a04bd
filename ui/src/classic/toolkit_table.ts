// The Console Toolkit as a table: all signatures, by name, with how their arguments are told apart.
// The library, the console and the documentation read it.

import { DRIVES, type Row } from "./toolkit_drives.ts";
import { REFUSES } from "./toolkit_refuses.ts";

/** One signature. */
export interface Signature {
  readonly name: string;
  /** First API version that has it; null where the guide names none. */
  readonly since: number | null;
  /** In their order, functions too. */
  readonly parameters: readonly Parameter[];
  /** Members of the object that the callback or handler receives. */
  readonly gives: readonly string[];
  /** Whether the console carries it out, or says why not. */
  readonly kind: "drives" | "refuses";
  /** What it does, or the reason. */
  readonly does: string;
}

/** One parameter. */
export interface Parameter {
  readonly name: string;
  readonly optional: boolean;
  /** A callback runs once, with the answer; a handler runs for each event. */
  readonly is: "value" | "callback" | "handler";
}

/** All signatures, in the order of their names. */
export const SIGNATURES: readonly Signature[] = [
  ...DRIVES.map((row) => signature(row, "drives")),
  ...REFUSES.map((row) => signature(row, "refuses")),
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** The signature of that name. */
export function signatureOf(name: string): Signature | undefined {
  return SIGNATURES.find((signature) => signature.name === name);
}

/** Why a refused signature cannot be carried out, as a sentence for the adapter's developer. */
export function reasonOf({ name, does }: Signature): string {
  return `${name} is not available: ${does}.`;
}

function signature(row: Row, kind: Signature["kind"]): Signature {
  const [name, since, parameters, gives, does] = row;
  const listed = words(parameters).map(parameter);
  return { name, since, parameters: listed, gives: words(gives), kind, does };
}

function parameter(word: string): Parameter {
  const optional = word.endsWith("?");
  const name = optional ? word.slice(0, -1) : word;
  const handler = name === "eventHandler" || name === "eventListener";
  return { name, optional, is: name === "callback" ? "callback" : handler ? "handler" : "value" };
}

function words(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}
