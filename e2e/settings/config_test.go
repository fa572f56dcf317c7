package settings

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/server"
	"parley/server/settings"
)

// A wrong setting stops the start with status 1 and one line that names it; a wrong call with 2.
func TestWrongSettingsStopTheStart(t *testing.T) {
	for _, c := range []struct {
		env, args string
		status    int
		names     string
	}{
		{env: "PARLEY_ADRR=x", status: 1, names: "PARLEY_ADRR"},
		{env: "PARLEY_ADDR=8080", status: 1, names: "PARLEY_ADDR"},
		{env: "PARLEY_ADDR=127.0.0.1:70000", status: 1, names: "PARLEY_ADDR"},
		{env: "PARLEY_ADDR=256.0.0.1:0", status: 1, names: "PARLEY_ADDR"},
		{env: "PARLEY_METRICS_ADDR=9090", status: 1, names: "PARLEY_METRICS_ADDR"},
		{env: "PARLEY_METRICS_ADDR=127.0.0.1:70000", status: 1, names: "PARLEY_METRICS_ADDR"},
		{env: "PARLEY_METRICS_ADDR=256.0.0.1:0", status: 1, names: "PARLEY_METRICS_ADDR"},
		{env: "PARLEY_ACCESS_TOKEN_LIFETIME=90", status: 1, names: "access-token-lifetime"},
		{env: "PARLEY_ACCESS_TOKEN_LIFETIME=100d", status: 1, names: "PARLEY_ACCESS_TOKEN_LIFETIME"},
		{env: "PARLEY_ACCESS_TOKEN_LIFETIME=0", status: 1, names: "PARLEY_ACCESS_TOKEN_LIFETIME"},
		{env: "PARLEY_ISSUERS=/nowhere.json", status: 1, names: "PARLEY_ISSUERS: stat /nowhere.json"},
		{env: "PARLEY_LEEWAY=2m", status: 1, names: "PARLEY_LEEWAY"},
		{env: "PARLEY_ROTATE_REFRESH_TOKENS=maybe", status: 1, names: "rotate-refresh-tokens"},
		{env: "PARLEY_ROTATE_REFRESH_TOKENS=", status: 1, names: "rotate-refresh-tokens"},
		{env: "PARLEY_HTTP_MAX_BODY=0", status: 1, names: "http-max-body"},
		{env: "PARLEY_WRITE_BATCH=many", status: 1, names: "write-batch"},
		{env: "PARLEY_WRITE_TIMEOUT=0s", status: 1, names: "PARLEY_WRITE_TIMEOUT"},
		{env: "PARLEY_SEND_RATE=10", status: 1, names: "send-rate"},
		{env: "PARLEY_CHAT_MAX_LENGTH=10001", status: 1, names: "PARLEY_CHAT_MAX_LENGTH"},
		{env: "PARLEY_USER_MAX_ROOMS=1001", status: 1, names: "PARLEY_USER_MAX_ROOMS"},
		{env: "PARLEY_ROOM_MAX_MEMBERS=0", status: 1, names: "room-max-members"},
		{env: "PARLEY_ANSWERS_TOTAL=1MiB", status: 1, names: "PARLEY_ANSWERS_TOTAL"},
		{env: "PARLEY_GQL_MAX_COST=30000", status: 1, names: "PARLEY_ANSWERS_TOTAL: 64MiB is below 98MiB, which PARLEY_GQL_MAX_COST 30000 needs"},
		{env: "PARLEY_MEMBERS_MAY=list-people,talk", status: 1, names: `--members-may: nobody may do "talk"`},
		{env: "PARLEY_MEMBERS_MAY=open-direct,open-direct", status: 1, names: "open-direct stands there twice"},
		{env: "PARLEY_MEMBERS_MAY=none,create-rooms", status: 1, names: "none stands alone"},
		{args: "--members-may=everything", status: 1, names: "--members-may"},
		{env: "PARLEY_LOG_FORMAT=xml", status: 1, names: "log-format"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=*,http://x", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=https://*.example.org", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=https://chat.example.org/", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=https://chat.example.org:99999", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=https://chat..example.org", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=http://127.1:3000", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=null", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=https://xn--a.example", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_HOSTS=https://chat.example.org", status: 1, names: "--hosts"},
		{env: "PARLEY_HOSTS=chat.example.org:8080", status: 1, names: "--hosts"},
		{env: "PARLEY_HOSTS=*.example.org", status: 1, names: "--hosts"},
		{env: "PARLEY_HOSTS=chat.example.org,*", status: 1, names: "--hosts"},
		{env: "PARLEY_HOSTS=chat example", status: 1, names: "--hosts"},
		{env: "PARLEY_HOSTS=.", status: 1, names: "--hosts"},
		{env: "PARLEY_HTTP_MAX_HEADER=4KiB", status: 1, names: "PARLEY_HTTP_MAX_HEADER"},
		{env: "PARLEY_CORS_ALLOWED_ORIGINS=localhost:5173", status: 1, names: "cors-allowed-origins"},
		{env: "PARLEY_DATABASE_URL=mysql://x", status: 1, names: "PARLEY_DATABASE_URL"},
		{env: "PARLEY_SIGNING_KEY=c2hvcnQ=", status: 1, names: "PARLEY_SIGNING_KEY"},
		{env: "PARLEY_NATS_URL=nats://parley:secret@host:port", status: 1, names: "PARLEY_NATS_URL: want"},
		{env: "PARLEY_NATS_CREDENTIALS=x", status: 1, names: "PARLEY_NATS_CREDENTIALS"},
		{env: "PARLEY_NATS_CA=x", status: 1, names: "PARLEY_NATS_CA"},
		{args: "--nats-url=nats://127.0.0.1:1 --nats-credentials=none", status: 1, names: "PARLEY_NATS_CREDENTIALS: "},
		{args: "--nats-url=nats://127.0.0.1:1 --nats-key=none", status: 1, names: "PARLEY_NATS_KEY"},
		{args: "--write-batch=many", status: 1, names: "write-batch"},
		{args: "--nonsense", status: 2, names: "nonsense"},
		{args: "dance", status: 2, names: "dance"},
	} {
		t.Run(c.env+c.args, func(t *testing.T) {
			t.Setenv("PARLEY_DATA", harness.DataDir(t))
			t.Setenv("PARLEY_ADDR", "127.0.0.1:0") // another program may have the default
			if name, value, ok := strings.Cut(c.env, "="); ok {
				t.Setenv(name, value)
			}
			var stderr bytes.Buffer
			status := harness.RunProgram(strings.Fields(c.args), os.Environ(), io.Discard, &stderr)
			if status != c.status {
				t.Errorf("exit status %d, want %d", status, c.status)
			}
			if text := stderr.String(); !strings.Contains(text, c.names) || strings.Count(text, "\n") != 1 {
				t.Errorf("stderr is %q, want one line that names %s", text, c.names)
			}
		})
	}
}

// Numbers that can only be a mistake: they overflowed, allocated without end, or took away what a limit is for.
func TestAbsurdSettingsStopTheStart(t *testing.T) {
	for setting, values := range map[string]string{
		"drain-timeout":         "0s 1ns 25h 2600000h 100000d 9e9d NaNd Infd -1d 99999999999999999999h 300y",
		"drain-delay":           "25s 1h -1s",
		"operation-timeout":     "0 1ns 2400000h",
		"http-header-timeout":   "0s 1us 30d",
		"ws-ping-interval":      "0s 1ns 2540000h", // with ws-pong-timeout it was below 0
		"sse-keepalive":         "1ns 100d",
		"heads-interval":        "1ns 100d",
		"refresh-reuse-window":  "90d",
		"refresh-retry-window":  "90d",
		"access-token-lifetime": "100000d NaNd",
		"session-lifetime":      "99999d",
		"write-queue":           "0 -1 9000000000000000000 1000001 1e3 99999999999999999999", // makechan: size out of range
		"hash-queue":            "9000000000000000000",
		"catchup-parallel":      "9000000000000000000",
		"window-events":         "9000000000000000000",
		"max-connections":       "1000001",
		"gql-max-cost":          "1000001",
		"answers-total":         "0 1MiB 62MiB 1TiB",
		"database-connections":  "3 10001",
		"http-max-body":         "0 1 1023 65MiB 1025GiB 9000000000GiB 1TiB -1KiB",
		"http-max-header":       "4KiB 2MiB",
		"ws-max-message":        "1 1GiB",
		"window-total":          "0 1 3 1023 1024GiB", // a quarter of 3 was none, which is the default
		"sqlite-wal-max":        "1 1KiB",
		"disk-min-free":         "2000GiB",
		"send-rate":             "10 -1/1s 10/0s 10/1ns 9223372036854775807/1s 10/365d 10/-1s 1.5/1s", // times its burst it was below 0
		"login-attempts":        "1/1us 2000000/15m 10/100000d",
	} {
		for value := range strings.FieldsSeq(values) {
			var stderr strings.Builder
			status := harness.RunProgram([]string{"version", "--" + setting + "=" + value}, nil, io.Discard, &stderr)
			variable := "PARLEY_" + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
			if said := stderr.String(); status != 1 || strings.Count(said, "\n") != 1 || !strings.Contains(said, "--"+setting) && !strings.Contains(said, variable) {
				t.Errorf("%s=%s: status %d, %s", setting, value, status, said)
			}
		}
	}
	for setting, values := range map[string]string{
		"drain-timeout": "10ms 24h", "refresh-token-lifetime": "36500d", "http-max-body": "1KiB 64MiB", "http-max-header": "8KiB 1MiB", "window-total": "1KiB", "write-queue": "1 1000000",
		"send-rate": "0 1/1ms 1000000/31d", "disk-min-free": "1", "session-lifetime": "0 1s", "answers-total": "63MiB", "refresh-reuse-window": "0 24h",
	} {
		for value := range strings.FieldsSeq(values) {
			harness.Config(t, harness.DataDir(t), "--drain-delay=0s", "--"+setting+"="+value)
		}
	}
}

func TestSettingsAreRead(t *testing.T) {
	environ := []string{
		"PARLEY_REFRESH_TOKEN_LIFETIME=30d", "PARLEY_HTTP_MAX_BODY=64KiB", "PARLEY_SEND_RATE=0", "PARLEY_CORS_ALLOWED_ORIGINS=",
		"PARLEY_WRITE_BATCH=8",
	}
	c := new(settings.Config)
	if _, err := settings.Parse(c, []string{"--write-batch", "7"}, environ, io.Discard); err != nil {
		t.Fatal(err)
	}
	if time.Duration(c.RefreshTokenLifetime) != 30*24*time.Hour || c.HTTPMaxBody != 64<<10 || c.WriteBatch != 7 ||
		c.SendRate != (settings.Rate{}) || len(c.CORSAllowedOrigins) != 0 {
		t.Errorf("got %+v", c)
	}
	if c.RoomSendRate != (settings.Rate{Calls: 200, Per: time.Second}) || time.Duration(c.AccessTokenLifetime) != 90*time.Minute {
		t.Errorf("the defaults are %+v", c)
	}
}

func TestCommands(t *testing.T) {
	dir := harness.DataDir(t)
	for args, want := range map[string]string{
		"version": "parley " + server.Version + "\n",
		strings.Join(append([]string{"migrate", "--data", dir}, harness.DatabaseFlags(t, dir)...), " "): "the database is up to date\n",
	} {
		var stdout, stderr bytes.Buffer
		if status := harness.RunProgram(strings.Fields(args), nil, &stdout, &stderr); status != 0 || stdout.String() != want {
			t.Errorf("%s: status %d, %q, %q", args, status, stdout.String(), stderr.String())
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "parley.db")); err != nil && !dbtest.OnPostgres() {
		t.Error(err)
	}
	var help bytes.Buffer
	if status := harness.RunProgram([]string{"--help"}, nil, &help, io.Discard); status != 0 || !strings.Contains(help.String(), "$PARLEY_ACCESS_TOKEN_LIFETIME") {
		t.Errorf("help: status %d, %s", status, help.String())
	}
}

// In a container the server listens on all addresses, and the environment may name a proxy for the way out:
// the healthcheck asked that one, and a healthy container was ended.
func TestHealthcheckOfAllAddresses(t *testing.T) {
	s := harness.New(t, "--addr", "0.0.0.0:0")
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"", "0.0.0.0", "[::]", "127.0.0.1"} {
		check := exec.Command(os.Args[0], "healthcheck", "--addr", host+":"+port)
		check.Env = append(os.Environ(), harness.RunAsServer+"=1", "http_proxy=http://127.0.0.1:9")
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%q: %v: %s", host, err, out)
		}
	}
}

func TestHealthcheck(t *testing.T) {
	s := harness.New(t)
	if status := harness.RunProgram([]string{"healthcheck", "--addr", s.Addr}, nil, io.Discard, io.Discard); status != 0 {
		t.Errorf("a server that serves: status %d", status)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if status := harness.RunProgram([]string{"healthcheck", "--addr", s.Addr}, nil, io.Discard, &stderr); status != 1 || !strings.Contains(stderr.String(), "no server answers") {
		t.Errorf("no server: status %d, %q", status, stderr.String())
	}
}

// Every limit of admission is a setting, and counts cannot be 0.
func TestLimitsOfConnectionsAreSettings(t *testing.T) {
	c := harness.Config(t, harness.DataDir(t), "--accept-rate", "0", "--address-request-rate", "0", "--ws-message-rate", "0")
	if off := (settings.Rate{}); c.AcceptRate != off || c.AddressRequestRate != off || c.WSMessageRate != off {
		t.Errorf("rates that are off: %+v", c)
	}
	c = harness.Config(t, harness.DataDir(t))
	got := fmt.Sprint(c.MaxConnections, c.AcceptRate, c.AddressRequestRate, c.MaxConnectionsPerAddress, c.MaxUnsignedPerAddress,
		c.MaxConnectionsPerUser, c.WSMaxParallel, c.WSMessageRate, c.UserRoomStreams)
	if want := "10000 {200 1s} {50 1s} 200 20 20 8 {20 1s} 20"; got != want {
		t.Errorf("defaults: %s, want %s", got, want)
	}
	for _, name := range []string{"max-connections", "max-connections-per-address", "max-unsigned-per-address", "max-connections-per-user", "ws-max-parallel", "user-room-streams"} {
		if _, err := settings.Parse(new(settings.Config), []string{"--" + name + "=0"}, nil, nil); err == nil {
			t.Errorf("%s may be 0", name)
		}
	}
}

// A network in which no peer can be is a mistake that nobody would notice: the limits would count the proxy.
func TestNetworksThatMatchNobody(t *testing.T) {
	for text, hint := range map[string]string{
		"10.0.0.1/8":             "10.0.0.0/8",
		"2001:db8::1/32":         "2001:db8::/32",
		"::ffff:10.0.0.0/104":    "IPv4",
		"::ffff:10.0.0.1":        "IPv4",
		"0.0.0.0":                "matches nobody",
		"::":                     "matches nobody",
		"255.255.255.255":        "matches nobody",
		"224.0.0.0/4":            "matches nobody",
		"ff02::1":                "matches nobody",
		"fe80::1%eth0":           "no network",
		"10.0.0.0/33":            "no network",
		"proxy.lan":              "no network",
		"10.0.0.1:80":            "no network",
		"10.0.0.0/8 192.0.2.7":   "no network",
		"192.0.2.7,172.17.0.1/1": "128.0.0.0/1",
	} {
		var stderr strings.Builder
		t.Setenv("PARLEY_TRUSTED_PROXIES", text)
		status := harness.RunProgram([]string{"version"}, os.Environ(), io.Discard, &stderr)
		if said := stderr.String(); status != 1 || strings.Count(said, "\n") != 1 || !strings.Contains(said, "trusted-proxies") || !strings.Contains(said, hint) {
			t.Errorf("%s: status %d, %s", text, status, said)
		}
	}
	var n settings.Networks
	if err := n.UnmarshalText([]byte("0.0.0.0/0,::/0,127.0.0.1,::1,10.0.0.0/8,fe80::/10,192.0.2.7/32")); err != nil {
		t.Error(err)
	}
}
