package graph

import (
	"context"
	"runtime"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"

	"parley/graph/document/syntax"
	"parley/graph/generated"
)

// DocumentOptions are the limits of what a document may ask for. Zero values are defaults.
type DocumentOptions struct {
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

func (o *DocumentOptions) defaults() {
	for value, normal := range map[*int]int{
		&o.MaxTokens: 1000, &o.MaxFields: 500, &o.MaxDepth: 10, &o.MaxAliases: 15, &o.MaxDirectives: 20,
		&o.MaxFragments: 30, &o.MaxRootFields: 10, &o.MaxCost: 5000, &o.Parallel: 2 * runtime.GOMAXPROCS(0), &o.Cache: 200,
	} {
		if *value == 0 {
			*value = normal
		}
	}
}

const (
	maxCachedDocument = 8 << 10 // bytes: 1,000 large ones are 122 MiB
	parseWait         = 100 * time.Millisecond
)

// documents turns the text of a request into a checked document: parse, shape, validation, each cheap
// enough for the next to be safe. It does what gqlgen's executor would do, because there is no room for
// the shape between its parser and its validation, and both are needed once only. The document is left in the
// operation context, where the executor finds it through handedOver.
type documents struct {
	limits DocumentOptions
	schema *ast.Schema
	rules  []core.Rule
	kept   *lru.LRU[*ast.QueryDocument]
	slots  chan struct{}
	busy   func(context.Context) *gqlerror.Error
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = (*documents)(nil)

func newDocuments(o DocumentOptions, schema *ast.Schema, busy func(context.Context) *gqlerror.Error) *documents {
	return &documents{
		limits: o, schema: schema, rules: quietRules(), busy: busy,
		kept: lru.New[*ast.QueryDocument](o.Cache), slots: make(chan struct{}, o.Parallel),
	}
}

// ExtensionName is what gqlgen calls it.
func (*documents) ExtensionName() string { return "Documents" }

// Validate accepts every schema.
func (*documents) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters finds the document, or checks it. One that is kept waits for no slot. gqlgen has
// room for one error here: several come wrapped in the first, and transport unwraps them.
func (d *documents) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	doc, kept := d.kept.Get(ctx, params.Query)
	if !kept {
		if !d.enter(ctx) {
			return d.busy(ctx)
		}
		defer func() { <-d.slots }()
		var errs gqlerror.List
		if doc, errs = d.check(params.Query); errs != nil {
			first := *errs[0]
			first.Err = errs
			return &first
		}
		if len(params.Query) <= maxCachedDocument {
			d.kept.Add(ctx, params.Query, doc)
		}
	}
	graphql.GetOperationContext(ctx).Doc = doc
	return nil
}

// enter takes a slot, or answers false when there was none in time.
func (d *documents) enter(ctx context.Context) bool {
	select {
	case d.slots <- struct{}{}:
		return true
	default:
	}
	patience := time.NewTimer(parseWait)
	defer patience.Stop()
	select {
	case d.slots <- struct{}{}:
		return true
	case <-patience.C:
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
	if refused := checkShape(&d.limits, doc); refused != nil {
		return nil, gqlerror.List{refused}
	}
	if errs := d.validate(doc); len(errs) > 0 {
		return nil, errs
	}
	return doc, nil
}

// handedOver is the executor's way to a document that documents has left for it. There always is one: what
// is not checked is refused before.
type handedOver struct{}

// Get answers the document of this operation.
func (handedOver) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	return graphql.GetOperationContext(ctx).Doc, true
}

// Add keeps nothing.
func (handedOver) Add(context.Context, string, *ast.QueryDocument) {}

// tooComplex is a refusal; what says which limit, in our own words and numbers.
func tooComplex(what string) *gqlerror.Error {
	return &gqlerror.Error{Message: what, Extensions: map[string]any{"code": string(generated.ErrorCodeOperationTooComplex)}}
}
