package web

import (
	"testing"
	"testing/fstest"
)

func TestABrokenBuildDoesNotStart(t *testing.T) {
	for name, static := range map[string]fstest.MapFS{
		"no page":       {"static/p/assets/a.js.gz": {}},
		"not gzipped":   {"static/p/index.html": {}},
		"unknown type":  {"static/p/index.html.gz": {}, "static/p/a.exe.gz": {}},
		"nothing there": {},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it starts")
				}
			}()
			newSite(static, "p", "/p", "")
		})
	}
}
