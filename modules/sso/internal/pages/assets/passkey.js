// Passkeys need a script: a browser has no other way to reach them. What uses them is
// hidden until it is known that this browser can.
"use strict";

if (window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON) {
  for (const part of document.querySelectorAll("[data-passkey=login], [data-passkey=register]")) {
    part.hidden = false;
    part.addEventListener(part.tagName === "FORM" ? "submit" : "click", (event) => {
      event.preventDefault();
      attempt(part, part.dataset.passkey === "login" ? login : register);
    });
  }
}

async function login(part) {
  const begun = await post("/sso/v1/login/passkey/options");
  const credential = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(begun.options),
  });
  const answer = { ceremony_id: begun.ceremony_id, credential: credential.toJSON(), return_to: part.dataset.returnTo };
  location.assign((await post("/sso/passkey", answer)).location);
}

async function register(part) {
  const begun = await post("/sso/v1/passkeys/options");
  const credential = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(begun.options),
  });
  const name = new FormData(part).get("name");
  await post("/sso/v1/passkeys", { ceremony_id: begun.ceremony_id, name, credential: credential.toJSON() });
  location.assign("/sso/account?done=added");
}

// attempt says what went wrong, but for a person who changed their mind.
async function attempt(part, action) {
  const fault = document.querySelector("[data-passkey=fault]");
  fault.hidden = true;
  try {
    await action(part);
  } catch (error) {
    if (error.name === "NotAllowedError" || error.name === "AbortError") return;
    fault.textContent = error.name === "InvalidStateError" ? "This device has a passkey of yours already." : error.message;
    fault.hidden = false;
  }
}

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.detail || "That did not work. Please try again.");
  return content;
}
