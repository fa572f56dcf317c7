package documents

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// A hostile request is one that somebody sends to hurt the server. code is what it gets without a session, in
// application/graphql-response+json; "": it is answered.
type hostile struct {
	name, code string
	body       string
}

// A hostileCorpus collects them.
type hostileCorpus struct {
	t   testing.TB
	all []hostile
}

// body adds the body of a request as it is.
func (c *hostileCorpus) body(name, code, body string) {
	c.all = append(c.all, hostile{name, code, body})
}

// doc adds a document, perhaps with variables.
func (c *hostileCorpus) doc(name, code, document string, variables ...string) {
	text, err := json.Marshal(document)
	if err != nil {
		c.t.Fatal(err)
	}
	body := `{"query":` + string(text)
	if len(variables) > 0 {
		body += `,"variables":` + variables[0]
	}
	c.body(name, code, body+"}")
}

// nested puts a text n times around inner.
func nested(n int, open, inner, end string) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
}

// hostileRequests are all of them.
func hostileRequests(t testing.TB) []hostile {
	c := &hostileCorpus{t: t}
	c.wide()
	c.deep()
	c.fragments()
	c.names()
	c.lexical()
	c.literals()
	c.variables()
	c.nulls()
	c.introspection()
	c.operations()
	c.bodies()
	c.persisted()
	return c.all
}

func (c *hostileCorpus) wide() {
	c.doc("1,000 unknown fields", harness.ComplexCode, "{ "+harness.Times(1000, "a# ")+"}")
	c.doc("400 unknown fields below", harness.ValidationCode, "{ me { "+harness.Times(400, "a# ")+"} }")
	c.doc("400 known fields below", "", "{ server { "+harness.Times(10, "version time limits { chatLength pageSize } ")+"} }")
	c.doc("one field 900 times", harness.ComplexCode, "{ "+harness.Times(900, "me ")+"}")
	c.doc("one field 30,000 times", harness.ComplexCode, "{ "+harness.Times(30000, "me ")+"}")
	c.doc("one field 11 times below", harness.ComplexCode, "{ me { "+harness.Times(11, "id ")+"} }")
	c.doc("each field ten times", "", "{ me { "+harness.Times(10, "id username createdAt __typename ")+"} }")
	c.doc("ten times ten times ten", harness.ComplexCode, "{ "+harness.Times(10, "rooms { "+harness.Times(10, "nodes { "+harness.Times(10, "id ")+"} ")+"} ")+"}")
	c.doc("pairs of pairs", harness.ComplexCode, "{ "+harness.Times(8, "rooms { "+harness.Times(5, "nodes { "+harness.Times(3, "lastChat { id } ")+"} ")+"} ")+"}")
	c.doc("pairs of four", harness.ComplexCode, "{ "+harness.Times(9, "rooms { "+harness.Times(9, "nodes { id name createdAt topic } ")+"} ")+"}")
	c.doc("11 root fields", harness.ComplexCode, "{ "+harness.Times(11, "a#: server { version } ")+"}")
	c.doc("10 root fields", "", "{ "+harness.Times(10, "a#: server { version } ")+"}")
	c.doc("16 aliases", harness.ComplexCode, "{ me { "+harness.Times(16, "a#: id ")+"} }")
	c.doc("1,000 aliases", harness.ComplexCode, "{ "+harness.Times(250, "a#: me { id } ")+"}")
	c.doc("aliases that conflict", harness.ValidationCode, "{ me { "+harness.Times(5, "a: id a: username ")+"} }")
	c.doc("aliases by fragments", harness.ComplexCode, "{ server { ...A } b: server { ...A } } fragment A on Server { "+harness.Times(8, "a#: version ")+"}")
	c.doc("500 arguments", harness.ComplexCode, "{ rooms("+harness.Times(500, "a#: 1 ")+") { nodes { id } } }")
	c.doc("300 unknown arguments", harness.ValidationCode, "{ rooms("+harness.Times(300, "a#: 1 ")+") { nodes { id } } }")
	c.doc("one argument 300 times", harness.ValidationCode, "{ rooms("+harness.Times(300, "first: 1 ")+") { nodes { id } } }")
	c.doc("21 directives", harness.ComplexCode, "{ me { "+harness.Times(21, "id @skip(if: true) ")+"} }")
	c.doc("20 of one directive", harness.ValidationCode, "{ me { id "+harness.Times(20, "@skip(if: true) ")+"} }")
	c.doc("1,000 unknown directives", harness.ComplexCode, "{ me { id "+harness.Times(1000, "@a# ")+"} }")
	c.doc("20 unknown directives", harness.ValidationCode, "{ me { id "+harness.Times(20, "@a# ")+"} }")
	c.doc("directives on variables", harness.ComplexCode, "query("+harness.Times(30, "$a#: Int @a ")+") { me { id } }")
	c.doc("100 logins", harness.ComplexCode, "mutation { "+harness.Times(100, `a#: login(username: "a", password: "b") { accessToken } `)+"}")
	c.doc("two logins", harness.ComplexCode, `mutation { a: login(username: "a", password: "b") { accessToken } b: login(username: "a", password: "c") { accessToken } }`)
	c.doc("two passwords by fragments", harness.ComplexCode, `mutation { ...A ...A } fragment A on Mutation { deleteAccount(password: "x") ... { logout } }`)
	c.doc("a login that is skipped, and one", harness.ComplexCode, `mutation { a: logout @skip(if: true) b: logout }`)
	c.doc("page of 200 with 25 fields", harness.ComplexCode, `{ chats(room: "general", first: 200) { nodes { `+harness.Times(13, "a#: id ")+harness.Times(6, "id text ")+"} } }")
	c.doc("pages of everything", harness.ComplexCode, "{ rooms(first: 200) { nodes { ...R } edges { node { ...R } } } } fragment R on Room { id name topic createdAt __typename lastChat { id text number cursor room { id name } user { id username } } }")
	c.doc("costs by variable", harness.ComplexCode, `query($n: Int) { a: rooms(first: $n) { ...R } b: rooms(first: $n) { ...R } } fragment R on RoomConnection { nodes { id name topic createdAt lastChat { id text number username createdAt user { id username createdAt } } } }`, `{"n": 200}`)
	c.doc("page of 2^31", harness.UnsignedCode, "{ rooms(first: 2147483647) { nodes { id } } }")
	c.doc("page of minus 2^31", harness.UnsignedCode, "{ rooms(first: -2147483648) { nodes { id } } }")
	c.doc("100 ids", harness.UnsignedCode, `{ nodes(ids: [`+harness.Times(100, `"x#",`)+`]) { id } }`)
	c.doc("900 ids", harness.UnsignedCode, `{ nodes(ids: [`+harness.Times(900, `"x#",`)+`]) { id } }`)
}

func (c *hostileCorpus) deep() {
	c.doc("300 deep", harness.ComplexCode, nested(300, "{ a ", "{ b }", " }"))
	c.doc("20,000 deep", harness.ComplexCode, nested(20000, "{a", "{b}", "}"))
	c.doc("20,000 braces", harness.ParseCode, strings.Repeat("{", 20000))
	c.doc("100,000 brackets", harness.ComplexCode, "{ nodes(ids: "+strings.Repeat("[", 100000))
	c.doc("11 deep", harness.ComplexCode, "{ rooms { nodes { "+nested(5, "lastChat { room { ", "id", "} } ")+" } } }")
	c.doc("300 inline", harness.ComplexCode, nested(300, "{...", "{ me }", " }"))
	c.doc("29 inline around 40 fields", "", "{ me { "+nested(29, "... {", harness.Times(10, "id username createdAt __typename "), "} ")+"} }")
	c.doc("31 inline beside", harness.ComplexCode, "{ "+harness.Times(31, "... { me { id } } ")+"}")
	c.doc("lists 480 deep", harness.ValidationCode, "{ nodes(ids: "+nested(480, "[", "", "]")+") { id } }")
	c.doc("objects 230 deep", harness.ValidationCode, "{ nodes(ids: "+nested(230, "{a: ", "1", "}")+") { id } }")
	c.doc("lists 300 deep for a cursor", harness.ValidationCode, `{ chats(room: "x", after: `+nested(300, "[", "", "]")+") { nodes { id } } }")
	c.doc("objects 200 deep for a cursor", harness.ValidationCode, `{ chats(room: "x", after: `+nested(200, "{a: ", "1", "}")+") { nodes { id } } }")
	c.doc("type 480 deep", harness.ValidationCode, "query($a: "+nested(480, "[", "Int", "]")+") { rooms(first: $a) { nodes { id } } }")
	c.doc("default 300 deep", harness.ValidationCode, "query($a: ID = "+nested(300, "[", "", "]")+") { room(id: $a) { id } }")
}

func (c *hostileCorpus) fragments() {
	c.doc("a fragment in itself", harness.ComplexCode, "{ ...A } fragment A on Query { ...A }")
	c.doc("a cycle of 25", harness.ComplexCode, "{ ...F0 } "+harness.Times(24, "fragment F# on Query { me { id } ...G# } ")+cycle(25))
	c.doc("a cycle below", harness.ComplexCode, "{ rooms { nodes { ...A } } } fragment A on Room { lastChat { room { ...A } } }")
	c.doc("a cycle of nobody", harness.ComplexCode, "{ me { id } } fragment A on Query { ...B } fragment B on Query { ...A }")
	c.doc("a cycle through inline", harness.ComplexCode, "{ ...A } fragment A on Query { ... { ... on Query { ...A } } }")
	c.doc("24 doubling", harness.ComplexCode, doubling(24))
	c.doc("8 doubling", harness.ComplexCode, doubling(8))
	c.doc("10 in a chain", harness.ValidationCode, chain(9, "zz"))
	c.doc("11 in a chain", harness.ComplexCode, chain(11, "zz"))
	c.doc("10 in a chain, wide", "", chain(9, "server { version time limits { pageSize chatLength } }"))
	c.doc("31 fragments", harness.ComplexCode, "{ "+harness.Times(31, "...F# ")+"} "+harness.Times(31, "fragment F# on Query { me { id } } "))
	c.doc("30 unknown fragments", harness.ValidationCode, "{ "+harness.Times(30, "...U# ")+"}")
	c.doc("450 unknown fragments", harness.ComplexCode, "{ "+harness.Times(450, "...U# ")+"}")
	c.doc("one fragment 450 times", harness.ComplexCode, "{ "+harness.Times(450, "...A ")+"} fragment A on Query { me { id } }")
	c.doc("one fragment ten times", "", "{ "+harness.Times(10, "...A ")+"} fragment A on Query { me { id } }")
	c.doc("one name 30 times", harness.ValidationCode, "{ ...A } "+harness.Times(30, "fragment A on Query { me { id } } "))
	c.doc("30 unused", harness.ValidationCode, "{ me { id } } "+harness.Times(30, "fragment F# on Query { server { version time } } "))
	c.doc("30 unused and large", harness.ComplexCode, "{ me { id } } "+harness.Times(30, "fragment F# on Query { server { "+harness.Times(5, "version time ")+"} server { "+harness.Times(5, "version time ")+"} } "))
	c.doc("fragments of no type", harness.ValidationCode, "{ "+harness.Times(10, "...F# ")+"} "+harness.Times(10, "fragment F# on Zz# { me { id } } "))
	c.doc("fragments on a scalar", harness.ValidationCode, "{ ...F } fragment F on String { a }")
	c.doc("fragments that cannot be", harness.ValidationCode, "{ me { "+harness.Times(10, "... on Room { id } ")+"} }")
	c.doc("fragments that conflict", harness.ValidationCode, "{ "+harness.Times(7, "rooms { ...F# } ")+"} "+harness.Times(7, "fragment F# on RoomConnection { nodes { a: id } nodes { a: name } } "))
	c.doc("fragments that are compared", harness.UnsignedCode, "{ "+harness.Times(9, "rooms { ...F# } ")+"} "+harness.Times(9, "fragment F# on RoomConnection { nodes { id name topic createdAt lastChat { id text number username createdAt } } } "))
	c.doc("a fragment called on", harness.ParseCode, "{ ...on } fragment on on Query { me { id } }")
	c.doc("a fragment with variables", harness.ValidationCode, "{ ...A } fragment A($a: Int = 1) on Query { rooms(first: $a) { nodes { id } } }")
}

// cycle closes the cycle of n fragments F0, G0, F1 …
func cycle(n int) string {
	var b strings.Builder
	for i := range min(n, 5) {
		fmt.Fprintf(&b, "fragment G%d on Query { ...F%d } ", i, (i+1)%5)
	}
	return b.String()
}

// doubling is n fragments of which each contains the next twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("{ ...F0 } ")
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Query { rooms { ...G%d } a: rooms { ...G%d } } fragment G%d on RoomConnection { nodes { id } } ", i, i, i, i)
		if i > 12 {
			break
		}
	}
	for i := range n {
		fmt.Fprintf(&b, "fragment H%d on Room { lastChat { room { ...H%d } } lastChat { room { ...H%d } } } ", i, i+1, i+1)
	}
	return b.String()
}

// chain is n fragments, each with some fields and the next.
func chain(n int, fields string) string {
	var b strings.Builder
	b.WriteString("{ ...F0 } ")
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Query { __typename ...F%d } ", i, i+1)
	}
	fmt.Fprintf(&b, "fragment F%d on Query { %s }", n, fields)
	return b.String()
}

func (c *hostileCorpus) names() {
	long := strings.Repeat("n", 115000)
	c.doc("a field of 115,000 letters", harness.ValidationCode, "{ "+long+" }")
	c.doc("an alias of 115,000 letters", "", "{ "+long+": server { version } }")
	c.doc("an operation of 115,000 letters", harness.ValidationCode, "query "+long+"("+harness.Times(240, "$a#: Int ")+") { me { id } }")
	c.doc("a fragment of 60,000 letters", harness.ComplexCode, "{ ..."+long[:50000]+" } fragment "+long[:50000]+" on Query { ..."+long[:10000]+" ..."+long[:50000]+" }")
	c.doc("a variable of 50,000 letters", harness.ValidationCode, "query($"+long[:50000]+": Int) { rooms(first: $"+long[:50001]+") { nodes { id } } }")
	c.doc("a type of 100,000 letters", harness.ValidationCode, "query($a: "+long[:100000]+") { room(id: $a) { id } }")
	c.doc("a type condition of 100,000 letters", harness.ValidationCode, "{ ... on "+long[:100000]+" { me } }")
	c.doc("a directive of 100,000 letters", harness.ValidationCode, "{ me @"+long[:100000]+" { id } }")
	c.doc("an argument of 100,000 letters", harness.ValidationCode, "{ rooms("+long[:100000]+": 1) { nodes { id } } }")
	c.doc("an enum value of 100,000 letters", harness.ValidationCode, "mutation { logout(scope: "+long[:100000]+") }")
	c.doc("a long name in 100 operations", harness.ValidationCode, harness.Times(60, "query q#{...F}")+"fragment F on Query{"+long[:100000]+"}")
	c.doc("a long variable in 60 operations", harness.ValidationCode, harness.Times(60, "query q#{...F}")+"fragment F on Query{rooms(first:$"+long[:100000]+"){nodes{id}}}")
	c.doc("1,000 names of 100 letters", harness.ComplexCode, "{ "+harness.Times(1000, long[:100]+"# ")+"}")
}

func (c *hostileCorpus) introspection() {
	c.doc("introspection 22 deep", harness.ComplexCode, "{ __schema { types { "+nested(21, "ofType { ", "name", "} ")+"} } }")
	c.doc("introspection 20 deep", "", "{ __schema { types { "+nested(17, "ofType { ", "name", "} ")+"} } }")
	c.doc("types of fields of types of fields", anyCode, "{ __schema { types { fields { type { fields { type { name kind description } } } } } } }")
	c.doc("three lists", harness.ValidationCode, "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }")
	c.doc("all of introspection", anyCode, wideIntrospection(3))
	c.doc("all of introspection, often", anyCode, wideIntrospection(9))
	c.doc("fields and arguments of fields", anyCode, "{ __schema { types { fields { args { type { ...T } } type { ...T fields { args { type { ...T } } type { ...T } } } } } } } fragment T on __Type { kind name description ofType { kind name description ofType { kind name description ofType { kind name } } } }")
	c.doc("possible types of everything", anyCode, "{ __schema { types { name possibleTypes { ...T fields { ...F } } interfaces { ...T possibleTypes { ...T } } enumValues { name description isDeprecated } } } } fragment T on __Type { kind name description specifiedByURL } fragment F on __Field { name description args { name description defaultValue } type { kind name ofType { kind name ofType { kind name } } } }")
	c.doc("ten times __type", anyCode, "{ "+harness.Times(10, `a#: __type(name: "Query") { fields { name args { name type { name kind ofType { name kind } } } type { name kind fields { name } } } } `)+"}")
	c.doc("__type of a name of 100,000 letters", "", `{ __type(name: "`+strings.Repeat("x", 100000)+`") { name } }`)
	c.doc("__typename only", "", "{ "+harness.Times(10, "a#: __typename ")+"}")
	c.doc("__schema below", harness.ValidationCode, "{ me { __schema { types { name } } } }")
}

// wideIntrospection asks each type for everything, n times over.
func wideIntrospection(n int) string {
	return "{ __schema { " + harness.Times(n, "types { ...T fields(includeDeprecated: true) { name description isDeprecated deprecationReason args { name description defaultValue type { ...T } } type { ...T ofType { ...T ofType { ...T } } } } } ") +
		"} } fragment T on __Type { kind name description specifiedByURL enumValues { name description } }"
}

func (c *hostileCorpus) operations() {
	c.doc("160 anonymous operations", harness.ValidationCode, harness.Times(160, "{me{id}}"))
	c.doc("1,000 operations", harness.ComplexCode, harness.Times(1000, "query q#{me{id}}"))
	c.doc("120 operations with one fragment", harness.ValidationCode, harness.Times(120, "query q#{...F}")+"fragment F on Query{server{version}}")
	c.doc("100 operations of one name", harness.ValidationCode, harness.Times(100, "query q{me{id}}"))
	c.doc("query and mutation", harness.ValidationCode, "query { me { id } } mutation { logout }")
	c.doc("only a fragment", harness.ValidationCode, "fragment A on Query { me { id } }")
	c.doc("a subscription of two fields", harness.ValidationCode, `subscription { chatSent(room: "a") { id } events(rooms: ["a"]) { at } }`)
	c.doc("a subscription of introspection", harness.ValidationCode, `subscription { __schema { types { name } } }`)
	c.doc("a subscription by HTTP", harness.InputCode, `subscription { chatSent(room: "a") { id } }`)
	c.doc("a root that is none", harness.ValidationCode, "subscription { me { id } }")
	c.body("an operation that is not there", harness.ValidationCode, `{"query":"query A { me { id } }","operationName":"B"}`)
	c.body("several and none named", harness.ValidationCode, `{"query":"query A { me { id } } query B { me { id } }"}`)
	c.body("an operation name of 100,000 letters", harness.ValidationCode, `{"query":"query A { me { id } }","operationName":"`+strings.Repeat("x", 100000)+`"}`)
	c.body("an operation name that is a list", harness.InputCode, `{"query":"{ me { id } }","operationName":[]}`)
	c.body("an empty operation name", "", `{"query":"{ me { id } }","operationName":""}`)
}

func (c *hostileCorpus) bodies() {
	c.body("nothing", harness.InputCode, "")
	c.body("null", harness.InputCode, "null")
	c.body("a list of requests", harness.InputCode, `[`+strings.Repeat(`{"query":"{ me { id } }"},`, 4000)+`{}]`)
	c.body("two requests", harness.InputCode, `{"query":"{ me { id } }"}{"query":"{ me { id } }"}`)
	c.body("a number", harness.InputCode, strings.Repeat("1", 100000))
	c.body("100,000 brackets as they are", harness.InputCode, strings.Repeat("[", 100000))
	c.body("100,000 braces as they are", harness.InputCode, strings.Repeat(`{"a":`, 20000))
	c.body("20,000 keys of the request", harness.InputCode, `{"query":"{ me { id } }",`+strings.TrimSuffix(harness.Times(9000, `"k#":0,`), ",")+`}`)
	c.body("one key 10,000 times", harness.InputCode, `{`+strings.Repeat(`"query":"{ me { id } }",`, 4500)+strings.Repeat(`"a":0,`, 3000)+`"query":"{ server { version } }"}`)
	c.body("one key twice", "", `{"query":"{ nonsense }","query":"{ server { version } }"}`)
	c.body("a key in capitals", harness.InputCode, `{"QUERY":"{ me { id } }"}`)
	c.body("a query that is a number", harness.InputCode, `{"query":5}`)
	c.body("a query that is null", harness.InputCode, `{"query":null}`)
	c.body("variables that are a list", harness.InputCode, `{"query":"{ me { id } }","variables":[]}`)
	c.body("variables that are text", harness.InputCode, `{"query":"{ me { id } }","variables":"{}"}`)
	c.body("extensions that are text", harness.InputCode, `{"query":"{ me { id } }","extensions":"{}"}`)
	c.body("extensions of 5,000 keys", anyCode, `{"query":"{ server { version } }","extensions":{`+strings.TrimSuffix(harness.Times(5000, `"#":[],`), ",")+`}}`)
	c.body("cut off", harness.InputCode, `{"query":"{ me { id }`)
	c.body("a byte order mark before it", harness.InputCode, "\ufeff"+`{"query":"{ me { id } }"}`)
	c.body("NUL behind it", harness.InputCode, `{"query":"{ me { id } }"}`+"\x00")
	c.body("too large", harness.ComplexCode, `{"query":"{ me { id } }"`+strings.Repeat(" ", 128<<10)+`}`)
	c.body("120,000 spaces before it", "", strings.Repeat(" ", 120000)+`{"query":"{ server { version } }"}`)
	c.body("a form", harness.InputCode, "query={me{id}}")
	c.body("XML", harness.InputCode, `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>`)
}

func (c *hostileCorpus) persisted() {
	const text = "{ server { version } }"
	sum := sha256.Sum256([]byte(text))
	hash := hex.EncodeToString(sum[:])
	with := func(query, extension string) string {
		body := `{"extensions":{"persistedQuery":` + extension + `}`
		if query != "" {
			body += `,"query":"` + query + `"`
		}
		return body + "}"
	}
	c.body("a hash nobody knows", "PERSISTED_QUERY_NOT_FOUND", with("", `{"version":1,"sha256Hash":"`+strings.Repeat("0", 64)+`"}`))
	c.body("a hash of 100,000 letters", "PERSISTED_QUERY_NOT_FOUND", with("", `{"version":1,"sha256Hash":"`+strings.Repeat("x", 100000)+`"}`))
	c.body("the hash of another text", harness.InputCode, with("{ me { id } }", `{"version":1,"sha256Hash":"`+hash+`"}`))
	c.body("a right hash", "", with(text, `{"version":1,"sha256Hash":"`+hash+`"}`))
	c.body("another version", harness.InputCode, with(text, `{"version":2,"sha256Hash":"`+hash+`"}`))
	c.body("a version of 1,000 digits", harness.InputCode, with(text, `{"version":`+strings.Repeat("9", 1000)+`,"sha256Hash":"`+hash+`"}`))
	c.body("a version that is text", harness.InputCode, with(text, `{"version":"1","sha256Hash":"`+hash+`"}`))
	c.body("a hash that is a list", harness.InputCode, with(text, `{"version":1,"sha256Hash":[]}`))
	c.body("an extension that is text", harness.InputCode, with(text, `"x"`))
	c.body("an extension of 2,000 keys", harness.InputCode, with(text, `{`+harness.Times(2000, `"k#":0,`)+`"version":1}`))
	c.body("the hash of what is no document", harness.ParseCode, with("{", `{"version":1,"sha256Hash":"`+sumOf("{")+`"}`))
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
