// Package document says what a document may be: a text becomes a checked document in steps, each cheap enough for the
// next to be safe: cache, parse, shape, validation, then for each request variables and cost, all of it before anybody is
// asked who they are. It knows gqlgen and a schema; no resolvers, no people, no rooms and no errors but its own.
package document

import (
	"cmp"
	"context"
	"runtime"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"

	"parley/graph/document/syntax"
)

// Limits are the limits of what a document may ask for. Zero values are defaults.
type Limits struct {
	MaxTokens     int // PARLEY_GQL_MAX_TOKENS, default 1000
	MaxFields     int // PARLEY_GQL_MAX_FIELDS, default 500, fragments expanded, all operations together
	MaxDepth      int // PARLEY_GQL_MAX_DEPTH, default 10; below __schema and __type 20
	MaxAliases    int // PARLEY_GQL_MAX_ALIASES, default 15, fragments expanded
	MaxDirectives int // PARLEY_GQL_MAX_DIRECTIVES, default 20, fragments expanded
	MaxFragments  int // PARLEY_GQL_MAX_FRAGMENTS, default 30: defined, inline, and spread without being defined
	MaxRootFields int // PARLEY_GQL_MAX_ROOT_FIELDS, default 10 in one operation
	MaxCost       int // PARLEY_GQL_MAX_COST, default 5000
	Parallel      int // PARLEY_GQL_PARALLEL: documents parsed and checked at once, default 2 × cores
	Cache         int // PARLEY_GQL_CACHE: checked documents kept, and as many persisted queries, default 200
}

// WithDefaults returns the limits with a default for what is zero.
func (l Limits) WithDefaults() Limits {
	l.MaxTokens = cmp.Or(l.MaxTokens, 1000)
	l.MaxFields = cmp.Or(l.MaxFields, 500)
	l.MaxDepth = cmp.Or(l.MaxDepth, 10)
	l.MaxAliases = cmp.Or(l.MaxAliases, 15)
	l.MaxDirectives = cmp.Or(l.MaxDirectives, 20)
	l.MaxFragments = cmp.Or(l.MaxFragments, 30)
	l.MaxRootFields = cmp.Or(l.MaxRootFields, 10)
	l.MaxCost = cmp.Or(l.MaxCost, 5000)
	l.Parallel = cmp.Or(l.Parallel, 2*runtime.GOMAXPROCS(0))
	l.Cache = cmp.Or(l.Cache, 200)
	return l
}

// An API is what documents are checked against. All of it is required.
type API struct {
	Schema *ast.Schema
	Busy   func(context.Context) *gqlerror.Error // refuses a document when too many are being checked

	MaxPage int // objects in a page of a list, whatever is asked for
	MaxIDs  int // objects in a list of those that an argument `ids` names

	// Streams sorts the fields of subscriptions, whose events are the same for everybody who may have them: by a field,
	// as "Chat.text", "" if it is, or else what to use instead, and it is refused. So is a field that is not in it.
	Streams map[string]string

	MaxAnswer int            // bytes of the answer of a mutation
	MaxEvent  int            // bytes of an event of a subscription
	Largest   map[string]int // bytes of JSON that a value has at most: by its field, as "Chat.text", or its type, else "String"
	Items     map[string]int // objects that a list without pages has at most, as "Chat.mentions", where that is no small number
	Textless  string         // a field, as "Event.cursors": an object that has it has no texts
	Either    [2]string      // fields, as "Event.chat" and "Event.preview": an object has one of them at most

	// Lists are fields of lists without pages that are read once for all objects of a list, as "Chat.reactions".
	Lists map[string]List
}

// A List is how many items one without pages has.
type List struct {
	Usual int // which is what it costs
	Most  int
}

// Use has a server check every document, and what is asked of it.
func Use(server *handler.Server, l Limits, api API) {
	l = l.WithDefaults()
	secrets := secretFields(api.Schema)
	server.SetQueryCache(checkedDocument{})
	server.Use(persisted{extension.AutomaticPersistedQuery{Cache: textCache{lru.New[string](l.Cache), secrets}}})
	server.Use(newDocuments(l, &api, secrets))
	server.Use(exactVariables{})
	server.Use(costLimit{&api, l.MaxCost})
}

// The codes of request errors, as the schema has them.
const (
	codeBadInput   = "BAD_USER_INPUT"
	codeTooComplex = "OPERATION_TOO_COMPLEX"
)

const (
	maxCachedDocument = 8 << 10 // bytes: 1,000 large ones are 122 MiB
	parseWait         = 100 * time.Millisecond
)

// documents turns the text of a request into a checked document: parse, shape, validation, each cheap
// enough for the next to be safe. It does what gqlgen's executor would do, because there is no room for
// the shape between its parser and its validation, and both are needed once only. The document is left in the
// operation context, where the executor finds it through checkedDocument.
type documents struct {
	limits  Limits
	api     *API
	secrets []string
	rules   []core.Rule
	cache   *lru.LRU[*ast.QueryDocument]
	slots   chan struct{}
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = (*documents)(nil)

func newDocuments(l Limits, api *API, secrets []string) *documents {
	return &documents{
		limits: l, api: api, secrets: secrets, rules: rulesFor(api.Streams),
		cache: lru.New[*ast.QueryDocument](l.Cache), slots: make(chan struct{}, l.Parallel),
	}
}

// ExtensionName is what gqlgen calls it.
func (*documents) ExtensionName() string { return "Documents" }

// Validate accepts every schema.
func (*documents) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters finds the document, or checks it. One that is kept waits for no slot. gqlgen has
// room for one error here: several come wrapped in the first, and transport unwraps them.
func (d *documents) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	doc, kept := d.cache.Get(ctx, params.Query)
	if !kept {
		if !d.enter(ctx) {
			return d.api.Busy(ctx)
		}
		defer func() { <-d.slots }()
		var errs gqlerror.List
		if doc, errs = d.check(params.Query); errs != nil {
			first := *errs[0]
			first.Err = errs
			return &first
		}
		if len(params.Query) <= maxCachedDocument {
			d.cache.Add(ctx, params.Query, doc)
		}
	}
	graphql.GetOperationContext(ctx).Doc = doc
	return nil
}

// enter takes a slot, or returns false when there was none in time.
func (d *documents) enter(ctx context.Context) bool {
	select {
	case d.slots <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(parseWait)
	defer timer.Stop()
	select {
	case d.slots <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// check parses and checks a text.
func (d *documents) check(text string) (*ast.QueryDocument, gqlerror.List) {
	doc, err := syntax.Parse(text, d.limits.MaxTokens)
	if err != nil {
		wrong := gqlerror.WrapIfUnwrapped(err)
		errcode.Set(wrong, errcode.ParseFailed)
		return nil, gqlerror.List{wrong}
	}
	if refused := checkShape(&d.limits, d.secrets, doc); refused != nil {
		return nil, gqlerror.List{refused}
	}
	if errs := d.validate(doc); len(errs) > 0 {
		return nil, errs
	}
	return doc, nil
}

// checkedDocument hands the executor the document that documents has left for it. There always is one: what
// is not checked is refused before.
type checkedDocument struct{}

// Get returns the document of this operation.
func (checkedDocument) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	return graphql.GetOperationContext(ctx).Doc, true
}

// Add keeps nothing.
func (checkedDocument) Add(context.Context, string, *ast.QueryDocument) {}

// tooComplex is a refusal; what says which limit, in our own words and numbers.
func tooComplex(what string) *gqlerror.Error {
	return &gqlerror.Error{Message: what, Extensions: map[string]any{"code": codeTooComplex}}
}
