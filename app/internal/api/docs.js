"use strict";
// Draws one form for each operation of the description that the script's tag names
// and sends what is typed.
const description = document.currentScript.dataset.description;
let bearer; // the field for an access token, where the description has one

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

function addressOf(path, parameters) {
  const query = new URLSearchParams();
  for (const [parameter, input] of parameters) {
    if (parameter.in === "query") {
      query.set(parameter.name, input.value);
    } else {
      path = path.replace("{" + parameter.name + "}", encodeURIComponent(input.value));
    }
  }
  return query.size > 0 ? path + "?" + query : path;
}

function form(method, path, operation) {
  const f = document.createElement("form");
  const heading = element("h2", "", f);
  element("b", method.toUpperCase(), heading);
  heading.append(" " + path);
  element("p", operation.summary, f);
  const parameters = (operation.parameters ?? []).map((p) => [p, field(p.name, "input", f)]);
  let body;
  if (operation.requestBody?.required) {
    body = field("body", "textarea", f);
    body.value = JSON.stringify(operation.requestBody.content["application/json"].example ?? { nickname: "" });
  }
  element("button", "Send", f).setAttribute("aria-label", "Send " + method.toUpperCase() + " " + path);
  const answer = element("pre", "", f);
  answer.setAttribute("aria-live", "polite");
  const answers = element("details", "", f);
  element("summary", "Answers", answers);
  const list = element("ul", "", answers);
  for (const [status, { description }] of Object.entries(operation.responses)) {
    element("li", status + " " + description, list);
  }
  f.addEventListener("submit", async (event) => {
    event.preventDefault();
    const init = { method: method.toUpperCase() };
    if (operation.requestBody) {
      init.headers = { "Content-Type": "application/json" };
      init.body = body ? body.value : "{}";
    }
    if (bearer?.value) {
      init.headers = { ...init.headers, Authorization: "Bearer " + bearer.value };
    }
    try {
      const response = await fetch(addressOf(path, parameters), init);
      const text = await response.text();
      let shown = text;
      try {
        shown = JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        // An empty answer, or a page.
      }
      answer.textContent = response.status + "\n" + shown;
    } catch (error) {
      answer.textContent = String(error);
    }
  });
  return f;
}

fetch(description)
  .then((response) => response.json())
  .then(({ paths, components }) => {
    if (components.securitySchemes.bearer) {
      bearer = field("access token", "input", document.getElementById("routes"));
    }
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of ["get", "post", "patch", "delete"]) {
        if (operations[method]) {
          document.getElementById("routes").append(form(method, path, operations[method]));
        }
      }
    }
  });
