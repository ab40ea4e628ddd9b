// Whether the page can be read at this width: returns what is wrong with it, one line each.
(() => {
  const wrong = [];
  const complain = (what, text) => wrong.push(`${what}: ${text.trim().slice(0, 60)}`);
  const root = document.scrollingElement;
  if (root.scrollWidth > innerWidth) complain("page wider than the window", `${root.scrollWidth} > ${innerWidth}`);

  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
    return "rgb(255, 255, 255)";
  };

  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent;
    if (!text.trim() || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName)) continue;
    if (element.closest(".unseen, .skip, [hidden]") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
    // A head that only screen readers see.
    if (!lines.length || element.closest("thead")?.clientHeight === 1) continue;
    if (parseFloat(style.fontSize) < 12) complain(`font of ${style.fontSize}`, text);
    const isSvg = element instanceof SVGElement;
    const [light, dark] = [isSvg ? style.fill : style.color, behind(element)].map(luminance).sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) complain(`contrast of ${contrast.toFixed(2)}`, text);
    for (const box of lines) {
      if (box.left < -0.5 || box.right > innerWidth + 0.5) complain(`from ${box.left} to ${box.right}`, text);
      boxes.push({ box, element, text });
    }
  }
  for (const element of document.querySelectorAll("canvas, button, input, rect.track")) {
    const box = element.getBoundingClientRect();
    if (box.right > innerWidth + 0.5) complain("beyond the window", element.outerHTML);
    if (element.tagName === "CANVAS") boxes.push({ box, element, text: "a canvas" });
  }
  boxes.sort((a, b) => a.box.top - b.box.top);
  boxes.forEach((one, i) => {
    for (let j = i + 1; j < boxes.length && boxes[j].box.top < one.box.bottom - 1; j++) {
      const other = boxes[j];
      const apart = one.box.right <= other.box.left + 1 || other.box.right <= one.box.left + 1;
      if (!apart && one.box.bottom - other.box.top > 3) complain(`over ${other.text.trim().slice(0, 40)}`, one.text);
    }
  });
  return wrong;
})()
