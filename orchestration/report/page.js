// Draws the charts. Colours are CSS variables, so a change of scheme, or printing, needs nothing from here.
(function () {
  "use strict";
  const given = JSON.parse(document.getElementById("charts").textContent);
  const options = {
    mode: "vega",
    renderer: "svg",
    actions: false,
    defaultStyle: false,
    // Expressions are interpreted, not compiled: the page's security policy allows no eval.
    ast: true,
    formatLocale: given.locale,
    tooltip: { disableDefaultStyle: true },
  };
  const drawn = Object.entries(given.charts).map(function ([name, specification]) {
    const place = document.getElementById(name);
    return window.vegaEmbed(place, specification, options).catch(function (error) {
      place.textContent = given.failed;
      console.error(name, error);
    });
  });
  Promise.all(drawn).then(function () {
    document.documentElement.dataset.drawn = "true";
  });
})();
