(function () {
  "use strict";
  var box = document.querySelector(".webmap");
  var svg = box.querySelector("svg");
  var home = svg.getAttribute("viewBox").split(" ").map(Number);
  var view = home.slice();
  var places = JSON.parse(box.dataset.places); // lon, lat of 3 x 3 points of the map, row by row
  var size = JSON.parse(box.dataset.size); // columns, rows, metres a pixel
  var status = box.querySelector(".status");
  var chosen = null;

  function show() {
    svg.setAttribute("viewBox", view.join(" "));
  }

  function place(event) {
    var point = new DOMPoint(event.clientX, event.clientY);
    return point.matrixTransform(svg.getScreenCTM().inverse());
  }

  function zoom(factor, x, y) {
    var width = Math.min(home[2], Math.max(home[2] / 60, view[2] / factor));
    factor = view[2] / width;
    view = [x - (x - view[0]) / factor, y - (y - view[1]) / factor, width, view[3] / factor];
    if (width === home[2]) { view = home.slice(); }
    show();
  }

  function step(across, down) {
    view[0] += across * view[2];
    view[1] += down * view[3];
    show();
  }

  function middle(factor) {
    zoom(factor, view[0] + view[2] / 2, view[1] + view[3] / 2);
  }

  function degrees(value, letters) {
    var minutes = Math.abs(value) * 60;
    return Math.floor(minutes / 60) + "°" + (minutes % 60).toFixed(2) + "′" + letters[value < 0 ? 1 : 0];
  }

  function tell(event) {
    var at = place(event), u = at.x / size[0], v = at.y / size[1];
    if (u < 0 || v < 0 || u > 1 || v > 1) { return; }
    // Parallels are bent: parabolas through three points each.
    function weights(t) { return [(2 * t - 1) * (t - 1), 4 * t * (1 - t), t * (2 * t - 1)]; }
    function between(i) {
      var across = weights(u), down = weights(v);
      return places.reduce(function (sum, place, n) {
        return sum + down[Math.floor(n / 3)] * across[n % 3] * place[i];
      }, 0);
    }
    var lon = (between(0) + 540) % 360 - 180;
    var pixel = size[2] * view[2] / svg.clientWidth;
    status.textContent = degrees(between(1), "NS") + " " + degrees(lon, "EW") + " · 100 px = " +
      Math.round(100 * pixel) + " m" + (chosen ? " · " + chosen : "");
  }

  svg.addEventListener("wheel", function (event) {
    // Where all is to be seen, the page goes on.
    if (event.ctrlKey || event.deltaY > 0 && view[2] === home[2]) { return; }
    event.preventDefault();
    var at = place(event);
    zoom(event.deltaY < 0 ? 1.25 : 0.8, at.x, at.y);
  }, { passive: false });

  var fingers = new Map(), last = null;
  svg.addEventListener("pointerdown", function (event) {
    fingers.set(event.pointerId, event);
    last = null;
    if (event.isPrimary) {
      var title = event.target.querySelector && event.target.querySelector("title");
      chosen = title ? title.textContent : null;
      tell(event);
    }
  });
  svg.addEventListener("pointermove", function (event) {
    if (!fingers.has(event.pointerId)) { tell(event); return; }
    fingers.set(event.pointerId, event);
    var all = Array.from(fingers.values()), x = 0, y = 0;
    all.forEach(function (each) { x += each.clientX / all.length; y += each.clientY / all.length; });
    var apart = all.length > 1
      ? Math.hypot(all[0].clientX - all[1].clientX, all[0].clientY - all[1].clientY) : 0;
    if (last) {
      var scale = view[2] / svg.clientWidth;
      view[0] -= (x - last.x) * scale;
      view[1] -= (y - last.y) * scale;
      if (apart && last.apart) {
        var at = place({ clientX: x, clientY: y });
        zoom(apart / last.apart, at.x, at.y);
      }
      show();
    }
    last = { x: x, y: y, apart: apart };
  });
  ["pointerup", "pointercancel", "pointerleave"].forEach(function (name) {
    svg.addEventListener(name, function (event) {
      fingers.delete(event.pointerId);
      last = null;
    });
  });

  box.querySelector(".in").addEventListener("click", function () { middle(1.6); });
  box.querySelector(".out").addEventListener("click", function () { middle(0.625); });
  box.querySelector(".all").addEventListener("click", function () { view = home.slice(); show(); });
  box.addEventListener("keydown", function (event) {
    var keys = {
      "+": function () { middle(1.6); }, "=": function () { middle(1.6); },
      "-": function () { middle(0.625); }, "0": function () { view = home.slice(); show(); },
      ArrowLeft: function () { step(-0.15, 0); }, ArrowRight: function () { step(0.15, 0); },
      ArrowUp: function () { step(0, -0.15); }, ArrowDown: function () { step(0, 0.15); }
    };
    if (event.ctrlKey || event.metaKey || event.altKey) { return; } // the browser's own
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });
  box.classList.add("live");
}());
