package server

import (
	"fmt"
	"net"
	"sort"
	"strconv"
	"strings"
	"time"

	"parley/chat"
)

// Config is every setting, with its default and its form. --write-batch and PARLEY_WRITE_BATCH are
// the same; an empty value counts as given.
type Config struct {
	Addr        string `default:"127.0.0.1:8080" help:"Where to listen; port 0 picks one."`
	Data        string `default:"data" help:"Directory of the database and the keys."`
	DatabaseURL string `default:"sqlite:parley.db" help:"The database: sqlite:FILE, where a relative file lies in the data directory, or postgres://USER:PASSWORD@HOST/DATABASE."`

	NATSURL         string `default:"" name:"nats-url" help:"NATS servers that wake readers on other nodes, as nats://HOST:4222 or tls://USER:PASSWORD@HOST, separated by commas. Empty: Postgres does it, if it is the database."`
	NATSCredentials string `default:"" name:"nats-credentials" help:"File with the JWT and the seed of a user of NATS."`
	NATSCA          string `default:"" name:"nats-ca" help:"PEM file of the authority that signs the certificates of the NATS servers; TLS is demanded."`
	NATSCertificate string `default:"" name:"nats-certificate" help:"PEM file of the certificate that is shown to the NATS servers; TLS is demanded."`
	NATSKey         string `default:"" name:"nats-key" help:"PEM file of its key."`

	AccessTokenLifetime    duration `default:"90m" help:"How long an access token is good."`
	RefreshTokenLifetime   duration `default:"90d" help:"How long a refresh token is good."`
	RotateRefreshTokens    toggle   `default:"true" help:"Each refresh answers a new refresh token. false: the same one stays, and theft is not noticed."`
	BlacklistAfterRotation toggle   `default:"true" help:"A used refresh token can never be used again. false: it stays good, and theft is not noticed."`
	RefreshReuseWindow     duration `default:"10s" help:"How long a second use of a refresh token counts as another tab and not as theft."`
	RefreshRetryWindow     duration `default:"60s" help:"How long the same attempt to refresh gets the same answer."`
	SessionLifetime        duration `default:"0" help:"Absolute end of a session; 0: none."`
	Leeway                 duration `default:"5s" help:"Clock difference allowed when judging tokens, at most 60s."`
	SigningKey             string   `default:"" help:"Base64 root secrets separated by commas; the first signs. Empty: kept in the data directory. As a flag it shows in the process list."`
	HashParallel           count    `default:"${cores}" help:"Password hashes at once, at most the cores."`
	HashQueue              count    `default:"64" help:"Sign-ins that may wait for one; networks share them and take turns."`
	LoginAttempts          ratio    `default:"10/15m" help:"Wrong passwords for one account, and five times as many from one network."`
	LoginRate              ratio    `default:"60/1m" help:"Right passwords for one account, and five times as many from one network."`
	RegisterRate           ratio    `default:"20/1m" help:"Registrations from one network."`
	TrustedProxies         networks `default:"" help:"Networks whose X-Forwarded-For and X-Forwarded-Proto are believed."`
	Hosts                  hosts    `default:"" help:"Names under which the server may be addressed, besides its own: chat.example.org, .example.org for it and all below, or * for any. Empty: names are judged on loopback only, without a proxy."`

	CORSAllowedOrigins origins `default:"http://localhost:5173,http://localhost:3000" name:"cors-allowed-origins" help:"Origins whose pages may use the API, over HTTP and WebSocket; * for any."`
	Web                toggle  `default:"true" help:"Serve the web chat at /."`
	Playground         toggle  `default:"true" help:"Serve GraphiQL at /playground."`
	Introspection      toggle  `default:"true" help:"Answer introspection."`
	MetricsAddr        string  `default:"" help:"Where to serve /metrics for Prometheus, as 127.0.0.1:9090; empty: nowhere."`
	LogFormat          string  `default:"" enum:",text,json" help:"text or json; empty: text on a terminal."`
	LogLevel           string  `default:"info" enum:"debug,info,warn,error" help:"debug, info, warn or error."`

	SendRate       ratio `default:"10/1s" help:"Sends by one user."`
	RoomSendRate   ratio `default:"200/1s" help:"Sends into one room."`
	MutationRate   ratio `default:"20/1s" help:"Other changes by one user."`
	RoomCreateRate ratio `default:"60/1h" help:"Rooms made by one user."`
	ChatMaxLength  count `default:"10000" help:"Characters of a chat, at most 10000."`

	HTTPMaxBody         size     `default:"128KiB" name:"http-max-body" help:"Bytes of a request."`
	HTTPMaxHeader       size     `default:"16KiB" name:"http-max-header" help:"Bytes of its headers."`
	HTTPHeaderTimeout   duration `default:"5s" name:"http-header-timeout" help:"Time to send the headers."`
	HTTPBodyTimeout     duration `default:"10s" name:"http-body-timeout" help:"Time to send the body."`
	HTTPResponseTimeout duration `default:"15s" name:"http-response-timeout" help:"Time to take an answer, all of it, also over WebSocket and as an event; not of streams."`
	HTTPIdleTimeout     duration `default:"60s" name:"http-idle-timeout" help:"How long a connection may rest."`
	WSMaxMessage        size     `default:"128KiB" name:"ws-max-message" help:"Bytes of a WebSocket message."`
	WSMessageTimeout    duration `default:"10s" name:"ws-message-timeout" help:"Time to send one, from its first byte to its last."`
	WSInitTimeout       duration `default:"5s" name:"ws-init-timeout" help:"Time to send connection_init."`
	WSPingInterval      duration `default:"25s" name:"ws-ping-interval" help:"Silence after which a socket is pinged."`
	WSPongTimeout       duration `default:"10s" name:"ws-pong-timeout" help:"Time to answer that."`
	WSMaxOperations     count    `default:"100" name:"ws-max-operations" help:"Operations at once on one socket."`
	WSMaxParallel       count    `default:"8" name:"ws-max-parallel" help:"Queries and mutations at once on one socket; more are read later."`
	WSMessageRate       ratio    `default:"20/1s" name:"ws-message-rate" help:"Messages on one socket; more are read later."`
	WriteTimeout        duration `default:"15s" help:"How long a stream's reader may take nothing."`
	SSEKeepalive        duration `default:"15s" name:"sse-keepalive" help:"Silence after which a comment is sent."`
	OperationTimeout    duration `default:"5s" help:"Time for a query or a mutation."`

	MaxConnections           count `default:"10000" help:"WebSockets and event streams at once, at most 512 less than files may be open."`
	AcceptRate               ratio `default:"200/1s" help:"New ones of these; while they are many, each network gets its share."`
	MaxConnectionsPerAddress count `default:"200" help:"Of these, from one network; loopback is not counted."`
	MaxUnsignedPerAddress    count `default:"20" help:"WebSockets from one network on which nobody has signed in; loopback is not counted."`
	MaxConnectionsPerUser    count `default:"20" help:"WebSockets and event streams of one user."`
	AddressRequestRate       ratio `default:"50/1s" help:"Requests from one network; loopback is not counted."`
	UserRoomStreams          count `default:"20" help:"Streams of one room by one user."`

	HTTPMaxConnections           count `default:"2000" name:"http-max-connections" help:"TCP connections at once, besides WebSockets and event streams; at most what is left of the files that may be open."`
	HTTPMaxConnectionsPerAddress count `default:"100" name:"http-max-connections-per-address" help:"Of these, from one network; loopback and PARLEY_TRUSTED_PROXIES are not counted."`

	GQLMaxTokens     count `default:"1000" name:"gql-max-tokens" help:"Tokens of a GraphQL document."`
	GQLMaxFields     count `default:"500" name:"gql-max-fields" help:"Fields of a document, fragments expanded."`
	GQLMaxDepth      count `default:"10" name:"gql-max-depth" help:"Levels of fields; of introspection 20."`
	GQLMaxAliases    count `default:"15" name:"gql-max-aliases" help:"Aliases of a document, fragments expanded."`
	GQLMaxDirectives count `default:"20" name:"gql-max-directives" help:"Directives of a document, fragments expanded."`
	GQLMaxFragments  count `default:"30" name:"gql-max-fragments" help:"Fragments of a document, inline ones too."`
	GQLMaxRootFields count `default:"10" name:"gql-max-root-fields" help:"Root fields of an operation."`
	GQLMaxCost       count `default:"5000" name:"gql-max-cost" help:"Fields of an operation, times the sizes of the lists they are in."`
	GQLParallel      count `default:"${twicecores}" name:"gql-parallel" help:"Documents parsed and checked at once."`
	GQLCache         count `default:"200" name:"gql-cache" help:"Checked documents kept, and as many persisted queries."`

	WriteQueue          count    `default:"4096" help:"Sends that may wait for a commit."`
	WriteBatch          count    `default:"256" help:"Sends in one transaction."`
	WindowEvents        count    `default:"256" help:"Newest events of a stream that are kept executed; who is further behind reads the database."`
	WindowTotal         size     `default:"64MiB" help:"Bytes of all of these and of the chats they were made from, which get a quarter; one person has at most a sixteenth of the rest."`
	AnswersTotal        size     `default:"64MiB" help:"Bytes of answers that are made or not yet taken; at most a fifth for one user or network."`
	CatchupParallel     count    `default:"8" help:"Readers that may read the database at once to catch up."`
	HeadsInterval       duration `default:"2s" help:"How often readers are compared with the database."`
	DiskMinFree         size     `default:"256MiB" help:"With less free space on the disk of the database nothing is stored."`
	DatabaseConnections count    `default:"24" help:"Connections of this node to Postgres, besides one that listens; a third of them write."`
	SQLiteWALMax        size     `default:"256MiB" name:"sqlite-wal-max" help:"Bytes of the database's log beyond which the oldest read is ended."`
	DrainDelay          duration `default:"0s" help:"Time between /readyz turning 503 and the drain."`
	DrainTimeout        duration `default:"25s" help:"Time for the drain."`

	keyInArguments bool // the signing key was given as a flag
}

// check finds what no single value shows.
func (c *Config) check() error {
	if err := checkAddr("PARLEY_ADDR", c.Addr); err != nil {
		return err
	}
	if c.MetricsAddr != "" {
		if err := checkAddr("PARLEY_METRICS_ADDR", c.MetricsAddr); err != nil {
			return err
		}
	}
	if c.ChatMaxLength > chat.MaxText {
		return fmt.Errorf("PARLEY_CHAT_MAX_LENGTH: %d is above %d", c.ChatMaxLength, chat.MaxText)
	}
	if err := c.checkNATS(); err != nil {
		return err
	}
	if err := c.checkDurations(); err != nil {
		return err
	}
	return c.checkRanges()
}

func checkAddr(setting, addr string) error {
	if _, port, err := net.SplitHostPort(addr); err != nil {
		return fmt.Errorf("%s: want HOST:PORT", setting)
	} else if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%s: the port is not between 0 and 65535", setting)
	}
	return nil
}

func (c *Config) checkDurations() error {
	for _, d := range []struct {
		name  string
		value duration
	}{
		{"HTTP_HEADER_TIMEOUT", c.HTTPHeaderTimeout},
		{"HTTP_BODY_TIMEOUT", c.HTTPBodyTimeout},
		{"HTTP_RESPONSE_TIMEOUT", c.HTTPResponseTimeout},
		{"HTTP_IDLE_TIMEOUT", c.HTTPIdleTimeout},
		{"WS_MESSAGE_TIMEOUT", c.WSMessageTimeout},
		{"WS_INIT_TIMEOUT", c.WSInitTimeout},
		{"WS_PING_INTERVAL", c.WSPingInterval},
		{"WS_PONG_TIMEOUT", c.WSPongTimeout},
		{"WRITE_TIMEOUT", c.WriteTimeout},
		{"SSE_KEEPALIVE", c.SSEKeepalive},
		{"OPERATION_TIMEOUT", c.OperationTimeout},
		{"HEADS_INTERVAL", c.HeadsInterval},
		{"DRAIN_TIMEOUT", c.DrainTimeout},
	} {
		if err := inRange(d.name, time.Duration(d.value), shortest, longest); err != nil {
			return err
		}
	}
	return nil
}

// checkEnvironment refuses a PARLEY_ variable that is no setting: a typo would go unnoticed.
func checkEnvironment(environ []string) error {
	known, err := settings()
	if err != nil {
		return err
	}
	var unknown []string
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PARLEY_") && !known[name] && !isFromKubernetes(name, value) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	sort.Strings(unknown)
	return fmt.Errorf("%s: there is no such setting (see parley --help)", strings.Join(unknown, ", "))
}
