package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// mediaTypes are ours and not the host's, whose table differs from machine to machine.
var mediaTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".map":   "application/json",
	".svg":   "image/svg+xml",
	".ttf":   "font/ttf",
	".woff":  "font/woff",
	".woff2": "font/woff2",
}

// A site is one page and its assets. It never changes once it is read.
type site struct {
	root   string          // "/playground", or "" for the page at "/"
	policy string          // Content-Security-Policy
	files  map[string]file // by path; the page itself is at root
}

// A file is kept as gzip, and from the first client on that cannot unpack it, plain too: all of them are 6 MB.
type file struct {
	gzipped   []byte
	plain     func() []byte // unpacks once, whoever asks at the same time
	mediaType string
	tag       string // of the content, without quotes
	cache     string // Cache-Control
}

// newSite reads static/name, whose page is to lie at root. What it refuses is a mistake in the build of
// this binary, so it panics.
func newSite(static fs.FS, name, root, policy string) *site {
	s := &site{root: root, policy: policy, files: map[string]file{}}
	folder := "static/" + name
	err := fs.WalkDir(static, folder, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		f, err := readFile(static, at)
		below := strings.TrimSuffix(strings.TrimPrefix(at, folder), ".gz")
		if below == "/index.html" {
			f.cache, below = "no-cache", ""
		}
		s.files[s.root+below] = f
		return err
	})
	if _, ok := s.files[s.root]; err != nil || !ok {
		panic(fmt.Sprintf("web: static/%s is not as `make web` builds it: %v", name, err))
	}
	return s
}

func readFile(static fs.FS, at string) (file, error) {
	mediaType, known := mediaTypes[path.Ext(strings.TrimSuffix(at, ".gz"))]
	if !known || !strings.HasSuffix(at, ".gz") {
		return file{}, fmt.Errorf("%s: want a .gz of a known media type", at)
	}
	gzipped, err := fs.ReadFile(static, at)
	sum := sha256.Sum256(gzipped)
	return file{
		gzipped:   gzipped,
		plain:     sync.OnceValue(func() []byte { return plainOf(at, gzipped) }),
		mediaType: mediaType,
		tag:       hex.EncodeToString(sum[:12]),
		cache:     "public, max-age=31536000, immutable", // its name changes with its content
	}, err
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.policy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")

	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	f, ok := s.files[r.URL.Path]
	switch {
	case ok:
		f.serve(w, r, http.StatusOK)
	case s.root == "" && isView(r.URL.Path):
		s.files[s.root].serve(w, r, http.StatusOK)
	case s.root == "" && !strings.Contains(path.Base(r.URL.Path), "."):
		s.files[s.root].serve(w, r, http.StatusNotFound) // the page says it in its own way
	case r.URL.Path == s.root+"/":
		h.Set("Location", ".."+s.root) // relative, because a proxy may have put us below a path
		w.WriteHeader(http.StatusPermanentRedirect)
	default:
		http.NotFound(w, r)
	}
}

// isView says whether the page at "/" draws an address itself, so that a reload comes back to it:
// chat/src/ui/router.ts. A room may have any name, dots included.
func isView(at string) bool {
	return at == "/" || at == "/sessions" || at == "/browse" || at == "/join" || strings.HasPrefix(at, "/room/")
}

func (f file) serve(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	h.Set("Cache-Control", f.cache)
	h.Set("Content-Type", f.mediaType)
	h.Set("Vary", "Accept-Encoding")

	packed, size, tag := acceptsGzip(r.Header), plainSize(f.gzipped), `"`+f.tag+`"`
	if packed {
		h.Set("Content-Encoding", "gzip")
		// Other bytes need another tag: RFC 9110 §8.8.3.3.
		size, tag = len(f.gzipped), `"`+f.tag+`-gzip"`
	}
	h.Set("ETag", tag)
	if status == http.StatusOK && known(r.Header, tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(size))
	w.WriteHeader(status)
	if r.Method != http.MethodGet {
		return
	}
	body := f.gzipped
	if !packed {
		body = f.plain()
	}
	_, _ = w.Write(body) // an error says that the client has gone
}

// plainOf unpacks a file of ours, so it panics where the build of this binary is wrong.
func plainOf(at string, gzipped []byte) []byte {
	plain := make([]byte, plainSize(gzipped))
	reader, err := gzip.NewReader(bytes.NewReader(gzipped))
	if err == nil {
		_, err = io.ReadFull(reader, plain)
	}
	if err != nil {
		panic(fmt.Sprintf("web: %s: %v", at, err))
	}
	return plain
}

// plainSize stands in the last four bytes: RFC 1952 §2.3.1, ISIZE.
func plainSize(gzipped []byte) int {
	return int(binary.LittleEndian.Uint32(gzipped[len(gzipped)-4:]))
}
