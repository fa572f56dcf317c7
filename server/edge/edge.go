// Package edge is what stands between the network and the routes: which connections there may be, whose request it is
// when it came through a proxy, and under which names and from which origins the server may be asked. It knows HTTP
// and the settings; nothing of GraphQL, accounts or chats.
package edge

import (
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"parley/server/settings"
)

// Guard lets through to next what it may see: requests with the address of their client in RemoteAddr, for a name of
// the server, as whose body comes in time, and whose path needs no cleaning up.
func Guard(c *settings.Config, logger *slog.Logger, next http.Handler) http.Handler {
	return behindProxies(c.TrustedProxies, logger, warnForwarded(c, logger, limitBody(time.Duration(c.HTTPBodyTimeout), checkHosts(c, refuseUnclean(next)))))
}

// refuseUnclean refuses a path that ServeMux would clean up: its redirect repeats the whole URL.
func refuseUnclean(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clean := path.Clean(r.URL.Path)
		if clean != "/" && strings.HasSuffix(r.URL.Path, "/") {
			clean += "/"
		}
		if r.URL.Path != clean {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
