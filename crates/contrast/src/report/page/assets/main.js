// Puts everything in motion.

const THEME = "filch-contrast-theme";

function chooseTheme(rows) {
  const root = document.documentElement;
  const choose = (theme) => {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    for (const row of rows) row.redraw();
  };
  // Not every browser lets a page from disk remember anything.
  const remembered = () => { try { return localStorage.getItem(THEME); } catch { return null; } };
  const remember = (theme) => { try { localStorage.setItem(THEME, theme); } catch { /* then for this time only */ } };
  for (const input of document.querySelectorAll("input[name=theme]")) {
    input.addEventListener("change", () => {
      choose(input.value);
      remember(input.value);
    });
    if (input.value === remembered()) {
      input.checked = true;
      choose(input.value);
    }
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const row of rows) row.redraw();
  });
}

const rows = [...document.querySelectorAll("script[data-row]")].map(
  (script) => new Row(byId(script.dataset.row), JSON.parse(script.textContent)),
);
chooseTheme(rows);
document.documentElement.dataset.ready = rows.length;
