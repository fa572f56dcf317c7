package client

import (
	"bytes"
	"strconv"
)

// IntAfter is the number that follows key, or -1 when there is none.
func IntAfter(body []byte, key string) int {
	i := bytes.Index(body, []byte(key))
	if i < 0 {
		return -1
	}
	n := -1
	for _, c := range body[i+len(key):] {
		if c < '0' || c > '9' {
			break
		}
		n = max(n, 0)*10 + int(c-'0')
	}
	return n
}

// CodeOf names a failure by the code in its answer, by its HTTP status, or as CONNECTION.
func CodeOf(status int, body []byte, err error) string {
	if err != nil {
		return "CONNECTION"
	}
	const key = `"code":"`
	if i := bytes.Index(body, []byte(key)); i >= 0 {
		code, _, _ := bytes.Cut(body[i+len(key):], []byte(`"`))
		return string(code)
	}
	return "HTTP_" + strconv.Itoa(status)
}
