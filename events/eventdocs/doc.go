// Package eventdocs shows a product's events as a page for people: what each of them
// says, who emits it and who wants it, field by field.
//
// Give [Handler] what [events.Document] returns, and mount it at "GET /docs/events/".
// The page is plain HTML, made once: it needs no JavaScript, asks no other host, and
// works under a Content-Security-Policy that allows nothing but its own style sheet.
package eventdocs
