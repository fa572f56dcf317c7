package edge

import (
	"net/http"
	"time"
)

// limitBody bounds how long a body takes. Those that nobody wants, of a preflight too, net/http reads to
// their end before it goes on.
func limitBody(most time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(most)) // no socket in some tests
		}
		next.ServeHTTP(w, r)
	})
}

// InPieces gives each piece of an answer its time: a large file may take long on a slow line.
func InPieces(most time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&pieces{w, http.NewResponseController(w), most}, r)
	})
}

// pieces is a writer that moves the deadline on before each piece.
type pieces struct {
	http.ResponseWriter
	control *http.ResponseController
	most    time.Duration
}

const pieceSize = 32 << 10

// Write sends what it gets piece by piece.
func (p *pieces) Write(b []byte) (n int, err error) {
	for err == nil {
		_ = p.control.SetWriteDeadline(time.Now().Add(p.most))
		var took int
		took, err = p.ResponseWriter.Write(b[n:min(len(b), n+pieceSize)])
		if n += took; n == len(b) {
			break
		}
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (p *pieces) Unwrap() http.ResponseWriter { return p.ResponseWriter }
