package settings

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"parley/chat"
)

// Config is every setting, with its default and its form. --write-batch and PARLEY_WRITE_BATCH are
// the same; an empty value counts as given. Help shows them in this order; a group is the heading above it and
// what follows.
type Config struct {
	Addr               string   `group:"What people set first" default:"127.0.0.1:8080" help:"Where to listen; port 0 picks one."`
	Data               string   `default:"data" help:"Directory of the database and the keys."`
	DatabaseURL        string   `default:"sqlite:parley.db" help:"The database: sqlite:FILE, where a relative file lies in the data directory, or postgres://USER:PASSWORD@HOST/DATABASE."`
	SigningKey         string   `default:"" help:"Base64 root secrets separated by commas; the first signs. Empty: kept in the data directory. As a flag it shows in the process list."`
	Hosts              Hosts    `default:"" help:"Names under which the server may be addressed, besides its own: chat.example.org, .example.org for it and all below, or * for any. Empty: names are checked on loopback only, without a proxy."`
	TrustedProxies     Networks `default:"" help:"Networks whose X-Forwarded-For and X-Forwarded-Proto are believed."`
	CORSAllowedOrigins Origins  `default:"http://localhost:5173,http://localhost:3000" name:"cors-allowed-origins" help:"Origins whose pages may use the API, over HTTP and WebSocket; * for any."`
	NATSURL            string   `default:"" name:"nats-url" help:"NATS servers that wake readers on other nodes, as nats://HOST:4222 or tls://USER:PASSWORD@HOST, separated by commas. Empty: Postgres does it, if it is the database."`
	MetricsAddr        string   `default:"" help:"Where to serve /metrics for Prometheus, as 127.0.0.1:9090; empty: nowhere."`
	LogLevel           string   `default:"info" enum:"debug,info,warn,error" help:"debug, info, warn or error."`

	Web           Toggle `group:"What is served and logged" default:"true" help:"Serve the web chat at /."`
	Playground    Toggle `default:"true" help:"Serve GraphiQL at /playground."`
	Introspection Toggle `default:"true" help:"Answer introspection."`
	LogFormat     string `default:"" enum:",text,json" help:"text or json; empty: text on a terminal."`

	AccessTokenLifetime    Duration `group:"Tokens and sessions" default:"90m" help:"How long an access token is good."`
	RefreshTokenLifetime   Duration `default:"90d" help:"How long a refresh token is good."`
	RotateRefreshTokens    Toggle   `default:"true" help:"Each refresh returns a new refresh token. false: the same one stays, and theft is not noticed."`
	BlacklistAfterRotation Toggle   `default:"true" help:"A used refresh token can never be used again. false: it stays good, and theft is not noticed."`
	RefreshReuseWindow     Duration `default:"10s" help:"How long a second use of a refresh token counts as another tab and not as theft."`
	RefreshRetryWindow     Duration `default:"60s" help:"How long the same attempt to refresh gets the same answer."`
	SessionLifetime        Duration `default:"0" help:"Absolute end of a session; 0: none."`
	Leeway                 Duration `default:"5s" help:"Clock difference allowed when checking tokens, at most 60s."`

	Registration  string `group:"Signing in" default:"" enum:",open,invite,closed" help:"Who may register: everybody, who has an invite, or nobody; parley user add always works. Empty: closed with PARLEY_ISSUERS; else open on loopback without a proxy, else invite."`
	Issuers       string `default:"" help:"JSON file that says of which other systems' tokens people may sign in by. Empty: of none."`
	LoginAttempts Rate   `default:"10/15m" help:"Wrong passwords for one account, and five times as many from one network."`
	LoginRate     Rate   `default:"60/1m" help:"Right passwords for one account, and five times as many from one network."`
	RegisterRate  Rate   `default:"20/1m" help:"Registrations from one network."`
	HashParallel  Count  `default:"${cores}" help:"Password hashes at once, at most the cores."`
	HashQueue     Count  `default:"64" help:"Sign-ins that may wait for one; networks share them and take turns."`
	BotsMax       Count  `default:"1000" help:"Bots, the disabled among them; whoever has this many makes no more."`

	SendRate       Rate       `group:"Sends and other changes" default:"10/1s" help:"Sends by one user who is no bot."`
	BotSendRate    Rate       `default:"50/1s" help:"Sends by one bot."`
	RoomSendRate   Rate       `default:"200/1s" help:"Sends into one room."`
	MutationRate   Rate       `default:"20/1s" help:"Other changes by one user."`
	RoomCreateRate Rate       `default:"60/1h" help:"Rooms made by one user."`
	ChatMaxLength  Count      `default:"10000" help:"Characters of a chat, at most 10000."`
	RoomMaxMembers Count      `default:"5000" help:"Members of a room."`
	MembersMay     MembersMay `default:"list-people,open-direct,create-rooms" help:"What everybody may do: list-people, open-direct and create-rooms, separated by commas, or none. What is left out is for bots and server admins. Empty: all of it."`
	UserMaxRooms   Count      `default:"1000" help:"Rooms one user may be in, at most 1000. A bot may be in twice as many."`

	MaxConnections               Count `group:"Connections" default:"10000" help:"WebSockets and event streams at once, at most 512 less than files may be open."`
	AcceptRate                   Rate  `default:"200/1s" help:"New WebSockets and event streams; while they are many, each network gets its share."`
	MaxConnectionsPerAddress     Count `default:"200" help:"WebSockets and event streams from one network; loopback is not counted."`
	MaxUnsignedPerAddress        Count `default:"20" help:"WebSockets from one network on which nobody has signed in; loopback is not counted."`
	MaxConnectionsPerUser        Count `default:"20" help:"WebSockets and event streams of one user."`
	UserRoomStreams              Count `default:"20" help:"Streams of one room by one user."`
	AddressRequestRate           Rate  `default:"50/1s" help:"Requests from one network; loopback is not counted."`
	HTTPMaxConnections           Count `default:"2000" name:"http-max-connections" help:"TCP connections at once, besides WebSockets and event streams; at most what is left of the files that may be open."`
	HTTPMaxConnectionsPerAddress Count `default:"100" name:"http-max-connections-per-address" help:"TCP connections of these from one network; loopback and PARLEY_TRUSTED_PROXIES are not counted."`

	HTTPMaxBody         Size     `group:"HTTP requests" default:"128KiB" name:"http-max-body" help:"Bytes of a request."`
	HTTPMaxHeader       Size     `default:"16KiB" name:"http-max-header" help:"Bytes of its headers."`
	HTTPHeaderTimeout   Duration `default:"5s" name:"http-header-timeout" help:"Time to send the headers."`
	HTTPBodyTimeout     Duration `default:"10s" name:"http-body-timeout" help:"Time to send the body."`
	HTTPResponseTimeout Duration `default:"15s" name:"http-response-timeout" help:"Time to take an answer, all of it, also over WebSocket and as an event; not of streams."`
	HTTPIdleTimeout     Duration `default:"60s" name:"http-idle-timeout" help:"How long a connection may rest."`
	OperationTimeout    Duration `default:"5s" help:"Time for a query or a mutation."`

	WSMaxMessage     Size     `group:"WebSockets and event streams" default:"128KiB" name:"ws-max-message" help:"Bytes of a WebSocket message."`
	WSMessageTimeout Duration `default:"10s" name:"ws-message-timeout" help:"Time to send one, from its first byte to its last."`
	WSInitTimeout    Duration `default:"5s" name:"ws-init-timeout" help:"Time to send connection_init."`
	WSPingInterval   Duration `default:"25s" name:"ws-ping-interval" help:"Silence after which a socket is pinged."`
	WSPongTimeout    Duration `default:"10s" name:"ws-pong-timeout" help:"Time to answer that."`
	WSMaxOperations  Count    `default:"100" name:"ws-max-operations" help:"Operations at once on one socket."`
	WSMaxParallel    Count    `default:"8" name:"ws-max-parallel" help:"Queries and mutations at once on one socket; more are read later."`
	WSMessageRate    Rate     `default:"20/1s" name:"ws-message-rate" help:"Messages on one socket; more are read later."`
	WriteTimeout     Duration `default:"15s" help:"How long a stream's reader may take nothing."`
	SSEKeepalive     Duration `default:"15s" name:"sse-keepalive" help:"Silence after which an event stream sends a comment."`

	GQLMaxTokens     Count `group:"GraphQL documents" default:"1000" name:"gql-max-tokens" help:"Tokens of a GraphQL document."`
	GQLMaxFields     Count `default:"500" name:"gql-max-fields" help:"Fields of a document, fragments expanded."`
	GQLMaxDepth      Count `default:"10" name:"gql-max-depth" help:"Levels of fields; of introspection 20."`
	GQLMaxAliases    Count `default:"15" name:"gql-max-aliases" help:"Aliases of a document, fragments expanded."`
	GQLMaxDirectives Count `default:"20" name:"gql-max-directives" help:"Directives of a document, fragments expanded."`
	GQLMaxFragments  Count `default:"30" name:"gql-max-fragments" help:"Fragments of a document, inline ones too."`
	GQLMaxRootFields Count `default:"10" name:"gql-max-root-fields" help:"Root fields of an operation."`
	GQLMaxCost       Count `default:"5000" name:"gql-max-cost" help:"Fields of an operation, times the sizes of the lists they are in."`
	GQLParallel      Count `default:"${twicecores}" name:"gql-parallel" help:"Documents parsed and checked at once."`
	GQLCache         Count `default:"200" name:"gql-cache" help:"Checked documents kept, and as many persisted queries."`

	WriteQueue      Count    `group:"Storing and delivering" default:"4096" help:"Sends that may wait for a commit."`
	WriteBatch      Count    `default:"256" help:"Sends in one transaction."`
	WindowEvents    Count    `default:"256" help:"Newest events of a stream that are kept executed; who is further behind reads the database."`
	WindowTotal     Size     `default:"64MiB" help:"Bytes of all of these and of the chats they were made from, which get a quarter; one person has at most a sixteenth of the rest."`
	AnswersTotal    Size     `default:"64MiB" help:"Bytes of answers that are made or not yet taken; at most a fifth for one user or network."`
	CatchupParallel Count    `default:"8" help:"Readers that may read the database at once to catch up."`
	HeadsInterval   Duration `default:"2s" help:"How often readers are compared with the database."`

	DiskMinFree         Size  `group:"The database" default:"256MiB" help:"With less free space on the disk of the database nothing is stored."`
	DatabaseConnections Count `default:"24" help:"Connections of this node to Postgres, besides one that listens; a third of them write."`
	SQLiteWALMax        Size  `default:"256MiB" name:"sqlite-wal-max" help:"Bytes of the database's log beyond which the oldest read is ended."`

	NATSCredentials string `group:"NATS" default:"" name:"nats-credentials" help:"File with the JWT and the seed of a user of NATS."`
	NATSCA          string `default:"" name:"nats-ca" help:"PEM file of the authority that signs the certificates of the NATS servers; TLS is demanded."`
	NATSCertificate string `default:"" name:"nats-certificate" help:"PEM file of the certificate that is shown to the NATS servers; TLS is demanded."`
	NATSKey         string `default:"" name:"nats-key" help:"PEM file of its key."`

	DrainDelay   Duration `group:"Stopping" default:"0s" help:"Time between /readyz turning 503 and the drain."`
	DrainTimeout Duration `default:"25s" help:"Time for the drain, this delay included."`

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
	if c.UserMaxRooms > chat.MaxRooms {
		return fmt.Errorf("PARLEY_USER_MAX_ROOMS: %d is above %d", c.UserMaxRooms, chat.MaxRooms)
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
		value Duration
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

// checkNATS refuses settings that would go unheard.
func (c *Config) checkNATS() error {
	for _, s := range []struct{ name, value string }{
		{"CREDENTIALS", c.NATSCredentials},
		{"CA", c.NATSCA},
		{"CERTIFICATE", c.NATSCertificate},
		{"KEY", c.NATSKey},
	} {
		if s.value != "" && c.NATSURL == "" {
			return fmt.Errorf("PARLEY_NATS_%s: given without PARLEY_NATS_URL", s.name)
		}
	}
	if (c.NATSCertificate == "") != (c.NATSKey == "") {
		return errors.New("PARLEY_NATS_CERTIFICATE and PARLEY_NATS_KEY: give both or neither")
	}
	return nil
}
