// Says what lies under the pointer or the finger. Nothing is drawn from here: without a script only this is missing.
(function () {
  "use strict";
  const box = document.createElement("div");
  box.className = "tip";
  box.setAttribute("aria-hidden", "true");
  document.body.append(box);
  function tell(event) {
    const found = event.target.closest && event.target.closest("[data-tip]");
    box.classList.toggle("visible", Boolean(found));
    if (!found) {
      return;
    }
    box.textContent = found.getAttribute("data-tip");
    const right = window.innerWidth - box.offsetWidth - 8;
    const below = event.clientY + 18;
    const fits = below + box.offsetHeight < window.innerHeight;
    box.style.left = Math.max(8, Math.min(event.clientX + 14, right)) + "px";
    box.style.top = (fits ? below : event.clientY - box.offsetHeight - 12) + "px";
  }
  document.addEventListener("pointermove", tell);
  document.addEventListener("pointerdown", tell);
  document.addEventListener("scroll", function () {
    box.classList.remove("visible");
  }, { passive: true });
})();
