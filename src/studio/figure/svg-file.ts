/** What the style sheet gives a picture, and its file has to say itself. */
const STYLES = ["fill", "stroke", "stroke-width", "stroke-linejoin", "font-family", "font-size", "color"];

/** A picture of the page as a file: with the colors that it has there now. */
export function svgFileOf(picture: SVGElement): string {
  const copy = picture.cloneNode(true);
  if (!(copy instanceof SVGElement)) throw new Error("unreachable: a copy of another kind");
  const [originals, copies] = [
    [picture, ...picture.querySelectorAll("*")],
    [copy, ...copy.querySelectorAll("*")],
  ];
  originals.forEach((original, i) => {
    const style = getComputedStyle(original);
    for (const name of STYLES) copies[i]?.setAttribute(name, style.getPropertyValue(name));
    copies[i]?.removeAttribute("class");
  });
  const { width = 0, height = 0 } = picture.getAttribute("viewBox") === null ? {} : viewSize(picture);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  return new XMLSerializer().serializeToString(copy);
}

function viewSize(picture: SVGElement): { readonly width: number; readonly height: number } {
  const [, , width = 0, height = 0] = (picture.getAttribute("viewBox") ?? "").split(" ").map(Number);
  return { width, height };
}
