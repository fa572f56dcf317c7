package admission

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
)

// Each line is one origin in the spellings that browsers, apps and people give it.
func TestSpellingsOfAnOrigin(t *testing.T) {
	seen := map[Origin]string{}
	for _, spellings := range []string{
		"https://a.example https://a.example:443 wss://a.example wss://a.example:443 HTTPS://A.Example https://a.example. https://a.example: https://a.example:0443 https://ａ。example",
		"https://a.example:8443 wss://A.example.:8443",
		"http://a.example http://a.example:80 ws://a.example",
		"http://a.example:443",
		"https://bücher.example https://BÜCHER.example https://bu\u0308cher.example https://xn--bcher-kva.example https://XN--BCHER-KVA.example:443",
		"https://faß.example https://xn--fa-hia.example",
		"https://fass.example",
		"https://чат.рф https://xn--80a0bn.xn--p1ai",
		"http://[::1]:3000 http://[0:0:0:0:0:0:0:1]:3000 http://[::0001]:3000",
		"http://[::ffff:127.0.0.1] http://[::ffff:7f00:1]",
		"http://127.0.0.1",
		"http://my_app.lan:8080",
		"http://-a-.example",
		"capacitor://localhost Capacitor://LOCALHOST",
		"http://localhost",
		"app://-",
		"chrome-extension://abcdefghijklmnopabcdefghijklmnop",
	} {
		var first Origin
		for i, text := range strings.Fields(spellings) {
			got, ok := ParseOrigin(text)
			if !ok || i > 0 && got != first {
				t.Errorf("%s is %+v %v, want %+v", text, got, ok, first)
			}
			first = got
		}
		if before, there := seen[first]; there {
			t.Errorf("%s counts as %s", spellings, before)
		}
		seen[first] = spellings
	}
}

func TestNoOrigins(t *testing.T) {
	for _, text := range []string{
		"", "null", "*", "a.example", "a.example:443", "https:a.example", "https://", "https:///", "://a.example", "https://.", "https://:443",
		"https://a.example/", "https://a.example/x", "https://a.example?x", "https://a.example#x", "https://ann@a.example", `https://a.example\x`,
		"https://*.a.example", "https://a..example", "https://.a.example", "https://a.example..", "https://a b.example", "https://a%41.example",
		"https://a.example:0", "https://a.example:65536", "https://a.example:+1", "https://a.example:x", "https://a.example:443:443", "https://a／b.example",
		"https://127.1", "https://2130706433", "https://0x7f.1", "https://01.2.3.4", "https://1.2.3.256", "https://a.example.1", "https://a.0x",
		"https://[::1", "https://::1", "https://[127.0.0.1]", "https://[]", "https://[::1]x", "https://xn--a.example", "https://a\u00ad\u200b..example",
		"https://" + strings.Repeat("a", 64) + ".example", "https://" + strings.Repeat("a.", 127) + "example", "https://" + strings.Repeat("ü", 100_000),
		"app://", "app://a/b", "a b://c", "file://",
	} {
		if got, ok := ParseOrigin(text); ok {
			t.Errorf("%.60q is %+v", text, got)
		}
	}
}

// Whoever was asked by a name with the port that goes without saying, or through TLS that ended before, is at home.
func TestOwnOrigin(t *testing.T) {
	for _, c := range []struct {
		host   string
		tls    bool
		origin string
		want   bool
	}{
		{"h:443", true, "https://h", true},
		{"h", true, "https://h:443", true},
		{"h", true, "wss://h", true},
		{"H.", true, "https://h", true},
		{"h:80", false, "http://h", true},
		{"h:443", false, "http://h", false},
		{"h:443", false, "https://h", false},
		{"h", false, "https://h", false},
		{"h:80", true, "http://h", false},
		{"h:8080", false, "http://h:8081", false},
		{"", false, "http://", false},
		{"a/b", false, "http://a/b", false},
	} {
		r := &http.Request{Host: c.host, Header: http.Header{"Origin": {c.origin}}}
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if got := OriginAllowed(r, func(string) bool { return false }); got != c.want {
			t.Errorf("Host %q, TLS %v, Origin %q: %v", c.host, c.tls, c.origin, got)
		}
	}
}

func FuzzParseOrigin(f *testing.F) {
	for _, text := range []string{"https://a.example:443", "wss://[fe80::1%25eth0]", "http://bücher.example.", "app://-", "http://1.2.3.4:1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, ok := ParseOrigin(text)
		if !ok || o.Port == "" {
			return
		}
		host := o.Host
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		if again, ok := ParseOrigin(o.Scheme + "://" + host + ":" + o.Port); !ok || again != o {
			t.Errorf("%q is %+v, and that is %+v", text, o, again)
		}
	})
}

func BenchmarkParseOrigin(b *testing.B) {
	for b.Loop() {
		_, _ = ParseOrigin("https://chat.example.org:8443")
	}
}
