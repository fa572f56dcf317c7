package web

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

// startChat serves the chat as the binary does, with something else beside it.
func startChat(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", Chat())
	mux.Handle("/graphql", http.NotFoundHandler())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestChatIsAtTheRootAndAtEveryAddressThatItDraws(t *testing.T) {
	server := startChat(t)
	for _, at := range []string{"/", "/sessions", "/browse", "/join", "/room/general", "/room/v1.2", "/room/index.js", "/room/a%252Fb", "/room/%E6%97%A5"} {
		response, page := ask(t, "GET", server.URL+at)
		if response.StatusCode != http.StatusOK || !bytes.Contains(page, []byte("<title>Parley</title>")) {
			t.Errorf("%s: status %d, want the chat: %.100s", at, response.StatusCode, page)
		}
		wantHeader(t, response, "Content-Type", "text/html; charset=utf-8")
		wantHeader(t, response, "Cache-Control", "no-cache")
	}
	response, page := ask(t, "GET", server.URL+"/nothing")
	if response.StatusCode != http.StatusNotFound || !bytes.Contains(page, []byte("<title>Parley</title>")) {
		t.Errorf("/nothing: status %d, want 404 and the page: %.100s", response.StatusCode, page)
	}
	for _, at := range []string{"/assets/none.js", "/favicon.ico", "/index.html", "/index.html.gz", "/robots.txt", "/assets/%2e%2e/web.go", "/graphql"} {
		response, _ := ask(t, "GET", server.URL+at)
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", at, response.StatusCode)
		}
		wantHeader(t, response, "Cache-Control", "")
	}
	if response, _ := ask(t, "POST", server.URL+"/room/general"); response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d, want 405", response.StatusCode)
	}
}

func TestChatAllowsNothingInsideThePageAndNothingFromElsewhere(t *testing.T) {
	server := startChat(t)
	for _, at := range []string{"/", "/room/general", "/assets/none.js"} {
		response, page := ask(t, "GET", server.URL+at)
		wantHeader(t, response, "Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; "+
			"style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		wantHeader(t, response, "X-Content-Type-Options", "nosniff")
		wantHeader(t, response, "Referrer-Policy", "no-referrer")
		wantHeader(t, response, "Cross-Origin-Resource-Policy", "same-origin")
		if regexp.MustCompile(`<script[^>]*>[^<]|<style|\s(?:on\w+|style)=`).Match(page) {
			t.Errorf("%s holds a script or a style of its own: %s", at, page)
		}
	}
}

func TestChatNamesOnlyFilesThatAreThere(t *testing.T) {
	server := startChat(t)
	_, page := ask(t, "GET", server.URL+"/room/general")
	names := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllSubmatch(page, -1)
	if len(names) < 3 {
		t.Fatalf("the page names %d files, want its script, its styles and its icon", len(names))
	}
	for _, name := range names {
		if !strings.HasPrefix(string(name[1]), "/assets/") {
			t.Errorf("%s lies elsewhere at another depth", name[1])
		}
		if response, _ := ask(t, "GET", server.URL+string(name[1])); response.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", name[1], response.StatusCode)
		}
	}
}

// What a phone has to load before it can show anything: scripts and styles, as they travel.
func TestChatIsSmall(t *testing.T) {
	const most = 160_000 // bytes
	assets, err := fs.Glob(static, "static/chat/assets/*")
	if err != nil || len(assets) == 0 {
		t.Fatalf("%d assets, %v", len(assets), err)
	}
	total := 0
	for _, asset := range assets {
		if kind := path.Ext(strings.TrimSuffix(asset, ".gz")); kind != ".js" && kind != ".css" {
			continue
		}
		content, err := fs.ReadFile(static, asset)
		if err != nil {
			t.Fatal(err)
		}
		total += len(content)
	}
	if total == 0 || total > most {
		t.Errorf("scripts and styles are %d bytes, want at most %d", total, most)
	}
}
