// Package web is what a browser loads: pages built with Vite, gzipped, committed below static/ and
// embedded, so that building and running the server needs no Node and no network. It knows nothing
// of the API: a page finds it by address, like any other client.
package web

import (
	"embed"
	"net/http"
)

// all: takes names that begin with _ too, which a bundler may give.
//
//go:embed all:static
var static embed.FS

// playgroundPolicy lets the page load from and speak to this server only. 'self' includes the
// WebSocket beside it (CSP Level 3 §6.7.2.8). The editor puts its style sheets into the page while
// it runs, and its small pictures are inside its style sheets.
const playgroundPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; " +
	"style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Playground serves GraphiQL, an editor for trying the API at ../graphql, subscriptions included.
// Mount it at both "/playground" and "/playground/". It answers GET and HEAD, needs no sign-in and is
// safe for concurrent use.
func Playground() http.Handler {
	return newSite(static, "playground", "/playground", playgroundPolicy)
}

// chatPolicy allows nothing but this server's own files: no script or style inside the page, no frame,
// no picture from elsewhere.
const chatPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Chat serves the web chat, which finds the API at /graphql. Mount it at "/": it answers there with the
// page, and at every address below that the page draws itself, /room/general for one. Other addresses
// are 404, with the page where a person may have come. It answers GET and HEAD, needs no sign-in and is
// safe for concurrent use.
func Chat() http.Handler {
	return newSite(static, "chat", "", chatPolicy)
}
