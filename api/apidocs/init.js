"use strict";

// Swagger UI writes "string" or 1 into each field of a form, and sends it. Whoever only chooses
// a file does not mean that, so a field without an example or a default stays empty. A field
// is what it asks a sample of without a media type.
function emptyForms() {
  return {
    afterLoad: function () {
      var sample = this.fn.getSampleSchema;
      this.fn.getSampleSchema = function (schema, type) {
        if (type !== false) return sample.apply(this, arguments);
        var field = schema && schema.toJS ? schema.toJS() : schema || {};
        if (field.type === "object" || field.type === "array") return sample.apply(this, arguments);
        var given = [field.default, field.example].concat(field.examples || []);
        return given.find(function (value) { return value !== undefined; }) ?? "";
      };
    },
  };
}

window.addEventListener("load", function () {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    displayRequestDuration: true,
    persistAuthorization: false,
    showExtensions: true,
    validatorUrl: null,
    plugins: [emptyForms],
    onComplete: function () {
      var title = window.ui.specSelectors.info().get("title");
      if (title) document.title = title + " – API";
    },
  });
});
