package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// start serves the playground as the binary does, at both of its patterns.
func start(t *testing.T) *httptest.Server {
	t.Helper()
	mux, playground := http.NewServeMux(), Playground()
	mux.Handle("/playground", playground)
	mux.Handle("/playground/", playground)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// ask sends one request exactly as written: no redirect is followed, nothing is unpacked.
func ask(t *testing.T, method, address string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

func wantHeader(t *testing.T, r *http.Response, name, want string) {
	t.Helper()
	if got := r.Header.Get(name); got != want {
		t.Errorf("%s: %s is %q, want %q", r.Request.URL.Path, name, got, want)
	}
}

func unpack(t *testing.T, gzipped []byte) []byte {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(gzipped))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestPageAnswersAtItsOwnAddress(t *testing.T) {
	server := start(t)
	response, page := ask(t, "GET", server.URL+"/playground")
	if response.StatusCode != http.StatusOK {
		t.Fatalf("status %d, want 200 without a redirect", response.StatusCode)
	}
	wantHeader(t, response, "Content-Type", "text/html; charset=utf-8")
	wantHeader(t, response, "Cache-Control", "no-cache")
	wantHeader(t, response, "Content-Encoding", "")
	wantHeader(t, response, "Vary", "Accept-Encoding")
	if !bytes.Contains(page, []byte("<title>Parley playground</title>")) {
		t.Errorf("this is not the playground: %.200s", page)
	}

	response, _ = ask(t, "GET", server.URL+"/playground/")
	if response.StatusCode != http.StatusPermanentRedirect {
		t.Errorf("/playground/: status %d, want 308", response.StatusCode)
	}
	wantHeader(t, response, "Location", "../playground")
}

func TestPageIsAskedForAgainByItsTag(t *testing.T) {
	server := start(t)
	tags := map[string]bool{}
	for _, encoding := range []string{"", "gzip"} {
		response, _ := ask(t, "GET", server.URL+"/playground", "Accept-Encoding", encoding)
		tag := response.Header.Get("ETag")
		if !regexp.MustCompile(`^"[0-9a-z-]+"$`).MatchString(tag) || tags[tag] {
			t.Fatalf("ETag is %q, want a strong one that no other encoding has", tag)
		}
		tags[tag] = true
		response, body := ask(t, "GET", server.URL+"/playground", "Accept-Encoding", encoding, "If-None-Match", `"old", W/`+tag)
		if response.StatusCode != http.StatusNotModified || len(body) != 0 {
			t.Errorf("status %d with %d bytes, want 304 without any", response.StatusCode, len(body))
		}
		wantHeader(t, response, "ETag", tag)
		response, _ = ask(t, "GET", server.URL+"/playground", "Accept-Encoding", encoding, "If-None-Match", `"old"`)
		if response.StatusCode != http.StatusOK {
			t.Errorf("an old tag: status %d, want 200", response.StatusCode)
		}
	}
}

func TestPageNamesOnlyFilesThatAreThere(t *testing.T) {
	server := start(t)
	_, page := ask(t, "GET", server.URL+"/playground")
	names := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllSubmatch(page, -1)
	if len(names) < 3 {
		t.Fatalf("the page names %d files, want its script, its styles and its icon", len(names))
	}
	base, _ := url.Parse(server.URL + "/playground")
	for _, name := range names {
		at, err := base.Parse(string(name[1]))
		if err != nil || at.Host != base.Host {
			t.Errorf("%s is not on this server", name[1])
			continue
		}
		if response, _ := ask(t, "GET", at.String()); response.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", at, response.StatusCode)
		}
	}
	if regexp.MustCompile(`<script[^>]*>[^<]|<style|\son\w+=`).Match(page) {
		t.Error("the page holds a script or a style of its own, which its policy forbids")
	}
}

func TestAssetsCome(t *testing.T) {
	server := start(t)
	assets, err := fs.Glob(static, "static/playground/assets/*")
	if err != nil || len(assets) == 0 {
		t.Fatalf("%d assets, %v", len(assets), err)
	}
	for _, asset := range assets {
		name := strings.TrimSuffix(path.Base(asset), ".gz")
		t.Run(name, func(t *testing.T) {
			address := server.URL + "/playground/assets/" + name
			stored, err := fs.ReadFile(static, asset)
			if err != nil {
				t.Fatal(err)
			}
			for encoding, want := range map[string][]byte{"gzip": stored, "": unpack(t, stored)} {
				response, body := ask(t, "GET", address, "Accept-Encoding", encoding)
				if response.StatusCode != http.StatusOK || !bytes.Equal(body, want) {
					t.Errorf("%q: status %d, %d bytes, want 200 and %d", encoding, response.StatusCode, len(body), len(want))
				}
				wantHeader(t, response, "Content-Encoding", encoding)
				wantHeader(t, response, "Content-Length", strconv.Itoa(len(want)))
				wantHeader(t, response, "Content-Type", mediaTypes[path.Ext(name)])
				wantHeader(t, response, "Cache-Control", "public, max-age=31536000, immutable")
			}
			if !regexp.MustCompile(`-[\w-]{8}\.\w+$`).MatchString(name) {
				t.Error("the name does not change with the content, but is cached for a year")
			}
		})
	}
}

// Nobody can make the server unpack a file again and again, or keep something for each that does not take it.
func TestClientsWithoutGzipCostNothing(t *testing.T) {
	assets, err := fs.Glob(static, "static/playground/assets/monaco-editor-*.js.gz")
	if err != nil || len(assets) != 1 {
		t.Fatal(assets, err)
	}
	playground := Playground()
	fetch := func() (n int) {
		r := httptest.NewRequest("GET", "/playground/assets/"+strings.TrimSuffix(path.Base(assets[0]), ".gz"), nil)
		playground.ServeHTTP(counter{&n, http.Header{}}, r)
		return n
	}
	stored, err := fs.ReadFile(static, assets[0])
	if err != nil {
		t.Fatal(err)
	}
	size := len(unpack(t, stored))
	const times, most = 100, 16 << 10 // bytes of one: the request and its headers
	fetch()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		if n := fetch(); n != size {
			t.Fatalf("%d bytes, want %d", n, size)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / times; each > most {
		t.Errorf("each request takes %d bytes", each)
	}
}

// A counter counts the bytes of a body.
type counter struct {
	n      *int
	header http.Header
}

func (c counter) Header() http.Header         { return c.header }
func (c counter) WriteHeader(int)             {}
func (c counter) Write(b []byte) (int, error) { *c.n += len(b); return len(b), nil }

func TestHeadIsGetWithoutABody(t *testing.T) {
	server := start(t)
	got, body := ask(t, "HEAD", server.URL+"/playground", "Accept-Encoding", "gzip")
	want, _ := ask(t, "GET", server.URL+"/playground", "Accept-Encoding", "gzip")
	if got.StatusCode != http.StatusOK || len(body) != 0 {
		t.Errorf("status %d with %d bytes, want 200 without any", got.StatusCode, len(body))
	}
	for _, name := range []string{"Content-Length", "Content-Type", "Content-Encoding", "ETag", "Content-Security-Policy"} {
		wantHeader(t, got, name, want.Header.Get(name))
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	server := start(t)
	for _, at := range []string{"/playground", "/playground/", "/playground/assets/none.js"} {
		response, _ := ask(t, "GET", server.URL+at)
		wantHeader(t, response, "X-Content-Type-Options", "nosniff")
		wantHeader(t, response, "Referrer-Policy", "no-referrer")
		wantHeader(t, response, "Cross-Origin-Resource-Policy", "same-origin")
		policy := response.Header.Get("Content-Security-Policy")
		for _, rule := range []string{
			"default-src 'none'", "script-src 'self'", "worker-src 'self'", "connect-src 'self'", "object-src 'none'",
			"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
		} {
			if !strings.Contains(policy+";", rule+";") {
				t.Errorf("%s: the policy lacks %s: %s", at, rule, policy)
			}
		}
	}
}

func TestOnlyReadingIsAllowed(t *testing.T) {
	server := start(t)
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		response, _ := ask(t, method, server.URL+"/playground")
		if response.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d, want 405", method, response.StatusCode)
		}
		wantHeader(t, response, "Allow", "GET, HEAD")
	}
}

func TestNothingElseIsServed(t *testing.T) {
	server := start(t)
	for _, at := range []string{
		"/playground/assets", "/playground/assets/", "/playground/assets/none.js", "/playground/index.html",
		"/playground/index.html.gz", "/playground/%2e%2e/web.go", "/playground/assets/..%2f..%2fweb.go",
	} {
		response, _ := ask(t, "GET", server.URL+at)
		if response.StatusCode == http.StatusOK {
			t.Errorf("%s: status 200, want none", at)
		}
		if response.StatusCode == http.StatusNotFound {
			wantHeader(t, response, "Cache-Control", "")
		}
	}
}
