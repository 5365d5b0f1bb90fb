"use strict";
// Draws one form for each operation of openapi.json and sends what is typed.

function element(name, text, parent) {
  const e = document.createElement(name);
  e.textContent = text;
  parent.append(e);
  return e;
}

function field(name, control, parent) {
  const label = element("label", name, parent);
  const e = document.createElement(control);
  label.append(e);
  return e;
}

function form(method, path, operation) {
  const f = document.createElement("form");
  element("h2", method.toUpperCase() + " " + path, f);
  element("p", operation.summary, f);
  const parameters = (operation.parameters ?? []).map((p) => [p.name, field(p.name, "input", f)]);
  let body;
  if (operation.requestBody?.required) {
    body = field("body", "textarea", f);
    body.value = '{"nickname": ""}';
  }
  element("button", "Send", f);
  const answer = element("pre", "", f);
  answer.setAttribute("aria-live", "polite");
  f.addEventListener("submit", async (event) => {
    event.preventDefault();
    let address = path;
    for (const [name, input] of parameters) {
      address = address.replace("{" + name + "}", encodeURIComponent(input.value));
    }
    const init = { method: method.toUpperCase() };
    if (operation.requestBody) {
      init.headers = { "Content-Type": "application/json" };
      init.body = body ? body.value : "{}";
    }
    try {
      const response = await fetch(address, init);
      const text = await response.text();
      let shown = text;
      try {
        shown = JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        // An empty answer.
      }
      answer.textContent = response.status + "\n" + shown;
    } catch (error) {
      answer.textContent = String(error);
    }
  });
  return f;
}

fetch("/openapi.json")
  .then((response) => response.json())
  .then((description) => {
    for (const [path, operations] of Object.entries(description.paths)) {
      for (const method of ["get", "post", "patch", "delete"]) {
        if (operations[method]) {
          document.getElementById("routes").append(form(method, path, operations[method]));
        }
      }
    }
  });
