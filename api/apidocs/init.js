"use strict";
window.addEventListener("load", function () {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    displayRequestDuration: true,
    persistAuthorization: false,
    showExtensions: true,
    validatorUrl: null,
    onComplete: function () {
      var title = window.ui.specSelectors.info().get("title");
      if (title) document.title = title + " – API";
    },
  });
});
