// Building elements by hand, for the parts of the shell that must never be drawn anew.

type Child = Node | string;

/** An element with attributes and children; an attribute of `null` is left out. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string | null>,
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== null) made.setAttribute(attribute, value);
  }
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** The address of a symbol in the design system's sprites, `utility` and `call` for instance. */
export function symbol(sprite: string, name: string): string {
  return `/assets/icons/${sprite}.svg#${name}`;
}

/** A decorative icon from a sprite. */
export function icon(sprite: string, name: string, classes: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", classes);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", symbol(sprite, name));
  svg.append(use);
  return svg;
}

/** A button with an icon and a spoken name. */
export function iconButton(sprite: string, name: string, spoken: string): HTMLButtonElement {
  const button = element("button", {
    type: "button",
    class: "slds-button slds-button_icon slds-button_icon-small",
    title: spoken,
  });
  button.append(
    icon(sprite, name, "slds-button__icon"),
    element("span", { class: "slds-assistive-text" }, spoken),
  );
  return button;
}
