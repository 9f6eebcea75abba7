/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/**
 * Makes an element. Whatever comes from outside goes in as text or as a plain attribute, never as markup.
 * @param {string} name
 * @param {Record<string, string | number | boolean | undefined>} attributes `text` is the text in it
 * @param {...(Node | string)} children
 */
export function el(name, { text, ...attributes } = {}, ...children) {
  return fill(document.createElement(name), text, attributes, children);
}

/** The same for the elements of a drawing. */
export function svg(name, { text, ...attributes } = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), text, attributes, children);
}

/** Changes the text of an element where it is another one. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function fill(element, text, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : String(value));
  }
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}
