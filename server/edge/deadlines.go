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

// ChunkTimeout bounds the time for each chunk of an answer, not for the whole: a large file may take long on a slow line.
func ChunkTimeout(most time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&chunkWriter{w, http.NewResponseController(w), most}, r)
	})
}

// chunkWriter moves the deadline on before each chunk.
type chunkWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	most    time.Duration
}

const chunkSize = 32 << 10

// Write sends what it gets chunk by chunk.
func (w *chunkWriter) Write(b []byte) (n int, err error) {
	for err == nil {
		_ = w.control.SetWriteDeadline(time.Now().Add(w.most))
		var took int
		took, err = w.ResponseWriter.Write(b[n:min(len(b), n+chunkSize)])
		if n += took; n == len(b) {
			break
		}
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *chunkWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
