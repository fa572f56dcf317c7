package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
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

// times repeats a text; # in it is the number.
func times(n int, text string) string {
	if !strings.Contains(text, "#") {
		return strings.Repeat(text, n)
	}
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "#", strconv.Itoa(i)))
	}
	return b.String()
}

// nested puts a text n times around inner.
func nested(n int, open, inner, end string) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
}

const (
	complexCode    = "OPERATION_TOO_COMPLEX"
	parseCode      = "GRAPHQL_PARSE_FAILED"
	validationCode = "GRAPHQL_VALIDATION_FAILED"
	inputCode      = "BAD_USER_INPUT"
	unsignedCode   = "UNAUTHENTICATED"
)

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
	c.doc("1,000 unknown fields", complexCode, "{ "+times(1000, "a# ")+"}")
	c.doc("400 unknown fields below", validationCode, "{ me { "+times(400, "a# ")+"} }")
	c.doc("400 known fields below", "", "{ server { "+times(10, "version time limits { chatLength pageSize } ")+"} }")
	c.doc("one field 900 times", complexCode, "{ "+times(900, "me ")+"}")
	c.doc("one field 30,000 times", complexCode, "{ "+times(30000, "me ")+"}")
	c.doc("one field 11 times below", complexCode, "{ me { "+times(11, "id ")+"} }")
	c.doc("each field ten times", "", "{ me { "+times(10, "id username createdAt __typename ")+"} }")
	c.doc("ten times ten times ten", complexCode, "{ "+times(10, "rooms { "+times(10, "nodes { "+times(10, "id ")+"} ")+"} ")+"}")
	c.doc("pairs of pairs", complexCode, "{ "+times(8, "rooms { "+times(5, "nodes { "+times(3, "lastChat { id } ")+"} ")+"} ")+"}")
	c.doc("pairs of four", complexCode, "{ "+times(9, "rooms { "+times(9, "nodes { id name createdAt topic } ")+"} ")+"}")
	c.doc("11 root fields", complexCode, "{ "+times(11, "a#: server { version } ")+"}")
	c.doc("10 root fields", "", "{ "+times(10, "a#: server { version } ")+"}")
	c.doc("16 aliases", complexCode, "{ me { "+times(16, "a#: id ")+"} }")
	c.doc("1,000 aliases", complexCode, "{ "+times(250, "a#: me { id } ")+"}")
	c.doc("aliases that conflict", validationCode, "{ me { "+times(5, "a: id a: username ")+"} }")
	c.doc("aliases by fragments", complexCode, "{ server { ...A } b: server { ...A } } fragment A on Server { "+times(8, "a#: version ")+"}")
	c.doc("500 arguments", complexCode, "{ rooms("+times(500, "a#: 1 ")+") { nodes { id } } }")
	c.doc("300 unknown arguments", validationCode, "{ rooms("+times(300, "a#: 1 ")+") { nodes { id } } }")
	c.doc("one argument 300 times", validationCode, "{ rooms("+times(300, "first: 1 ")+") { nodes { id } } }")
	c.doc("21 directives", complexCode, "{ me { "+times(21, "id @skip(if: true) ")+"} }")
	c.doc("20 of one directive", validationCode, "{ me { id "+times(20, "@skip(if: true) ")+"} }")
	c.doc("1,000 unknown directives", complexCode, "{ me { id "+times(1000, "@a# ")+"} }")
	c.doc("20 unknown directives", validationCode, "{ me { id "+times(20, "@a# ")+"} }")
	c.doc("directives on variables", complexCode, "query("+times(30, "$a#: Int @a ")+") { me { id } }")
	c.doc("100 logins", complexCode, "mutation { "+times(100, `a#: login(username: "a", password: "b") { accessToken } `)+"}")
	c.doc("two logins", complexCode, `mutation { a: login(username: "a", password: "b") { accessToken } b: login(username: "a", password: "c") { accessToken } }`)
	c.doc("two passwords by fragments", complexCode, `mutation { ...A ...A } fragment A on Mutation { deleteAccount(password: "x") ... { logout } }`)
	c.doc("a login that is skipped, and one", complexCode, `mutation { a: logout @skip(if: true) b: logout }`)
	c.doc("page of 200 with 25 fields", complexCode, `{ chats(room: "general", first: 200) { nodes { `+times(13, "a#: id ")+times(6, "id text ")+"} } }")
	c.doc("pages of everything", complexCode, "{ rooms(first: 200) { nodes { ...R } edges { node { ...R } } } } fragment R on Room { id name topic createdAt __typename lastChat { id text number cursor room { id name } user { id username } } }")
	c.doc("costs by variable", complexCode, `query($n: Int) { a: rooms(first: $n) { ...R } b: rooms(first: $n) { ...R } } fragment R on RoomConnection { nodes { id name topic createdAt lastChat { id text number username createdAt user { id username createdAt } } } }`, `{"n": 200}`)
	c.doc("page of 2^31", unsignedCode, "{ rooms(first: 2147483647) { nodes { id } } }")
	c.doc("page of minus 2^31", unsignedCode, "{ rooms(first: -2147483648) { nodes { id } } }")
	c.doc("100 ids", unsignedCode, `{ nodes(ids: [`+times(100, `"x#",`)+`]) { id } }`)
	c.doc("900 ids", unsignedCode, `{ nodes(ids: [`+times(900, `"x#",`)+`]) { id } }`)
}

func (c *hostileCorpus) deep() {
	c.doc("300 deep", complexCode, nested(300, "{ a ", "{ b }", " }"))
	c.doc("20,000 deep", complexCode, nested(20000, "{a", "{b}", "}"))
	c.doc("20,000 braces", parseCode, strings.Repeat("{", 20000))
	c.doc("100,000 brackets", complexCode, "{ nodes(ids: "+strings.Repeat("[", 100000))
	c.doc("11 deep", complexCode, "{ rooms { nodes { "+nested(5, "lastChat { room { ", "id", "} } ")+" } } }")
	c.doc("300 inline", complexCode, nested(300, "{...", "{ me }", " }"))
	c.doc("29 inline around 40 fields", "", "{ me { "+nested(29, "... {", times(10, "id username createdAt __typename "), "} ")+"} }")
	c.doc("31 inline beside", complexCode, "{ "+times(31, "... { me { id } } ")+"}")
	c.doc("lists 480 deep", validationCode, "{ nodes(ids: "+nested(480, "[", "", "]")+") { id } }")
	c.doc("objects 230 deep", validationCode, "{ nodes(ids: "+nested(230, "{a: ", "1", "}")+") { id } }")
	c.doc("lists 300 deep for a cursor", validationCode, `{ chats(room: "x", after: `+nested(300, "[", "", "]")+") { nodes { id } } }")
	c.doc("objects 200 deep for a cursor", validationCode, `{ chats(room: "x", after: `+nested(200, "{a: ", "1", "}")+") { nodes { id } } }")
	c.doc("type 480 deep", validationCode, "query($a: "+nested(480, "[", "Int", "]")+") { rooms(first: $a) { nodes { id } } }")
	c.doc("default 300 deep", validationCode, "query($a: ID = "+nested(300, "[", "", "]")+") { room(id: $a) { id } }")
}

func (c *hostileCorpus) fragments() {
	c.doc("a fragment in itself", complexCode, "{ ...A } fragment A on Query { ...A }")
	c.doc("a cycle of 25", complexCode, "{ ...F0 } "+times(24, "fragment F# on Query { me { id } ...G# } ")+cycle(25))
	c.doc("a cycle below", complexCode, "{ rooms { nodes { ...A } } } fragment A on Room { lastChat { room { ...A } } }")
	c.doc("a cycle of nobody", complexCode, "{ me { id } } fragment A on Query { ...B } fragment B on Query { ...A }")
	c.doc("a cycle through inline", complexCode, "{ ...A } fragment A on Query { ... { ... on Query { ...A } } }")
	c.doc("24 doubling", complexCode, doubling(24))
	c.doc("8 doubling", complexCode, doubling(8))
	c.doc("10 in a chain", validationCode, chain(9, "zz"))
	c.doc("11 in a chain", complexCode, chain(11, "zz"))
	c.doc("10 in a chain, wide", "", chain(9, "server { version time limits { pageSize chatLength } }"))
	c.doc("31 fragments", complexCode, "{ "+times(31, "...F# ")+"} "+times(31, "fragment F# on Query { me { id } } "))
	c.doc("30 unknown fragments", validationCode, "{ "+times(30, "...U# ")+"}")
	c.doc("450 unknown fragments", complexCode, "{ "+times(450, "...U# ")+"}")
	c.doc("one fragment 450 times", complexCode, "{ "+times(450, "...A ")+"} fragment A on Query { me { id } }")
	c.doc("one fragment ten times", "", "{ "+times(10, "...A ")+"} fragment A on Query { me { id } }")
	c.doc("one name 30 times", validationCode, "{ ...A } "+times(30, "fragment A on Query { me { id } } "))
	c.doc("30 unused", validationCode, "{ me { id } } "+times(30, "fragment F# on Query { server { version time } } "))
	c.doc("30 unused and large", complexCode, "{ me { id } } "+times(30, "fragment F# on Query { server { "+times(5, "version time ")+"} server { "+times(5, "version time ")+"} } "))
	c.doc("fragments of no type", validationCode, "{ "+times(10, "...F# ")+"} "+times(10, "fragment F# on Zz# { me { id } } "))
	c.doc("fragments on a scalar", validationCode, "{ ...F } fragment F on String { a }")
	c.doc("fragments that cannot be", validationCode, "{ me { "+times(10, "... on Room { id } ")+"} }")
	c.doc("fragments that conflict", validationCode, "{ "+times(7, "rooms { ...F# } ")+"} "+times(7, "fragment F# on RoomConnection { nodes { a: id } nodes { a: name } } "))
	c.doc("fragments that are compared", unsignedCode, "{ "+times(9, "rooms { ...F# } ")+"} "+times(9, "fragment F# on RoomConnection { nodes { id name topic createdAt lastChat { id text number username createdAt } } } "))
	c.doc("a fragment called on", parseCode, "{ ...on } fragment on on Query { me { id } }")
	c.doc("a fragment with variables", validationCode, "{ ...A } fragment A($a: Int = 1) on Query { rooms(first: $a) { nodes { id } } }")
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
	c.doc("a field of 115,000 letters", validationCode, "{ "+long+" }")
	c.doc("an alias of 115,000 letters", "", "{ "+long+": server { version } }")
	c.doc("an operation of 115,000 letters", validationCode, "query "+long+"("+times(240, "$a#: Int ")+") { me { id } }")
	c.doc("a fragment of 60,000 letters", complexCode, "{ ..."+long[:50000]+" } fragment "+long[:50000]+" on Query { ..."+long[:10000]+" ..."+long[:50000]+" }")
	c.doc("a variable of 50,000 letters", validationCode, "query($"+long[:50000]+": Int) { rooms(first: $"+long[:50001]+") { nodes { id } } }")
	c.doc("a type of 100,000 letters", validationCode, "query($a: "+long[:100000]+") { room(id: $a) { id } }")
	c.doc("a type condition of 100,000 letters", validationCode, "{ ... on "+long[:100000]+" { me } }")
	c.doc("a directive of 100,000 letters", validationCode, "{ me @"+long[:100000]+" { id } }")
	c.doc("an argument of 100,000 letters", validationCode, "{ rooms("+long[:100000]+": 1) { nodes { id } } }")
	c.doc("an enum value of 100,000 letters", validationCode, "mutation { logout(scope: "+long[:100000]+") }")
	c.doc("a long name in 100 operations", validationCode, times(60, "query q#{...F}")+"fragment F on Query{"+long[:100000]+"}")
	c.doc("a long variable in 60 operations", validationCode, times(60, "query q#{...F}")+"fragment F on Query{rooms(first:$"+long[:100000]+"){nodes{id}}}")
	c.doc("1,000 names of 100 letters", complexCode, "{ "+times(1000, long[:100]+"# ")+"}")
}

func (c *hostileCorpus) introspection() {
	c.doc("introspection 22 deep", complexCode, "{ __schema { types { "+nested(21, "ofType { ", "name", "} ")+"} } }")
	c.doc("introspection 20 deep", "", "{ __schema { types { "+nested(17, "ofType { ", "name", "} ")+"} } }")
	c.doc("types of fields of types of fields", anyCode, "{ __schema { types { fields { type { fields { type { name kind description } } } } } } }")
	c.doc("three lists", validationCode, "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }")
	c.doc("all of introspection", anyCode, wideIntrospection(3))
	c.doc("all of introspection, often", anyCode, wideIntrospection(9))
	c.doc("fields and arguments of fields", anyCode, "{ __schema { types { fields { args { type { ...T } } type { ...T fields { args { type { ...T } } type { ...T } } } } } } } fragment T on __Type { kind name description ofType { kind name description ofType { kind name description ofType { kind name } } } }")
	c.doc("possible types of everything", anyCode, "{ __schema { types { name possibleTypes { ...T fields { ...F } } interfaces { ...T possibleTypes { ...T } } enumValues { name description isDeprecated } } } } fragment T on __Type { kind name description specifiedByURL } fragment F on __Field { name description args { name description defaultValue } type { kind name ofType { kind name ofType { kind name } } } }")
	c.doc("ten times __type", anyCode, "{ "+times(10, `a#: __type(name: "Query") { fields { name args { name type { name kind ofType { name kind } } } type { name kind fields { name } } } } `)+"}")
	c.doc("__type of a name of 100,000 letters", "", `{ __type(name: "`+strings.Repeat("x", 100000)+`") { name } }`)
	c.doc("__typename only", "", "{ "+times(10, "a#: __typename ")+"}")
	c.doc("__schema below", validationCode, "{ me { __schema { types { name } } } }")
}

// wideIntrospection asks each type for everything, n times over.
func wideIntrospection(n int) string {
	return "{ __schema { " + times(n, "types { ...T fields(includeDeprecated: true) { name description isDeprecated deprecationReason args { name description defaultValue type { ...T } } type { ...T ofType { ...T ofType { ...T } } } } } ") +
		"} } fragment T on __Type { kind name description specifiedByURL enumValues { name description } }"
}

func (c *hostileCorpus) operations() {
	c.doc("160 anonymous operations", validationCode, times(160, "{me{id}}"))
	c.doc("1,000 operations", complexCode, times(1000, "query q#{me{id}}"))
	c.doc("120 operations with one fragment", validationCode, times(120, "query q#{...F}")+"fragment F on Query{server{version}}")
	c.doc("100 operations of one name", validationCode, times(100, "query q{me{id}}"))
	c.doc("query and mutation", validationCode, "query { me { id } } mutation { logout }")
	c.doc("only a fragment", validationCode, "fragment A on Query { me { id } }")
	c.doc("a subscription of two fields", validationCode, `subscription { chatSent(room: "a") { id } events(rooms: ["a"]) { at } }`)
	c.doc("a subscription of introspection", validationCode, `subscription { __schema { types { name } } }`)
	c.doc("a subscription by HTTP", inputCode, `subscription { chatSent(room: "a") { id } }`)
	c.doc("a root that is none", validationCode, "subscription { me { id } }")
	c.body("an operation that is not there", validationCode, `{"query":"query A { me { id } }","operationName":"B"}`)
	c.body("several and none named", validationCode, `{"query":"query A { me { id } } query B { me { id } }"}`)
	c.body("an operation name of 100,000 letters", validationCode, `{"query":"query A { me { id } }","operationName":"`+strings.Repeat("x", 100000)+`"}`)
	c.body("an operation name that is a list", inputCode, `{"query":"{ me { id } }","operationName":[]}`)
	c.body("an empty operation name", "", `{"query":"{ me { id } }","operationName":""}`)
}

func (c *hostileCorpus) bodies() {
	c.body("nothing", inputCode, "")
	c.body("null", inputCode, "null")
	c.body("a list of requests", inputCode, `[`+strings.Repeat(`{"query":"{ me { id } }"},`, 4000)+`{}]`)
	c.body("two requests", inputCode, `{"query":"{ me { id } }"}{"query":"{ me { id } }"}`)
	c.body("a number", inputCode, strings.Repeat("1", 100000))
	c.body("100,000 brackets as they are", inputCode, strings.Repeat("[", 100000))
	c.body("100,000 braces as they are", inputCode, strings.Repeat(`{"a":`, 20000))
	c.body("20,000 keys of the request", inputCode, `{"query":"{ me { id } }",`+strings.TrimSuffix(times(9000, `"k#":0,`), ",")+`}`)
	c.body("one key 10,000 times", inputCode, `{`+strings.Repeat(`"query":"{ me { id } }",`, 4500)+strings.Repeat(`"a":0,`, 3000)+`"query":"{ server { version } }"}`)
	c.body("one key twice", "", `{"query":"{ nonsense }","query":"{ server { version } }"}`)
	c.body("a key in capitals", inputCode, `{"QUERY":"{ me { id } }"}`)
	c.body("a query that is a number", inputCode, `{"query":5}`)
	c.body("a query that is null", inputCode, `{"query":null}`)
	c.body("variables that are a list", inputCode, `{"query":"{ me { id } }","variables":[]}`)
	c.body("variables that are text", inputCode, `{"query":"{ me { id } }","variables":"{}"}`)
	c.body("extensions that are text", inputCode, `{"query":"{ me { id } }","extensions":"{}"}`)
	c.body("extensions of 5,000 keys", anyCode, `{"query":"{ server { version } }","extensions":{`+strings.TrimSuffix(times(5000, `"#":[],`), ",")+`}}`)
	c.body("cut off", inputCode, `{"query":"{ me { id }`)
	c.body("a byte order mark before it", inputCode, "\ufeff"+`{"query":"{ me { id } }"}`)
	c.body("NUL behind it", inputCode, `{"query":"{ me { id } }"}`+"\x00")
	c.body("too large", complexCode, `{"query":"{ me { id } }"`+strings.Repeat(" ", 128<<10)+`}`)
	c.body("120,000 spaces before it", "", strings.Repeat(" ", 120000)+`{"query":"{ server { version } }"}`)
	c.body("a form", inputCode, "query={me{id}}")
	c.body("XML", inputCode, `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>`)
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
	c.body("the hash of another text", inputCode, with("{ me { id } }", `{"version":1,"sha256Hash":"`+hash+`"}`))
	c.body("a right hash", "", with(text, `{"version":1,"sha256Hash":"`+hash+`"}`))
	c.body("another version", inputCode, with(text, `{"version":2,"sha256Hash":"`+hash+`"}`))
	c.body("a version of 1,000 digits", inputCode, with(text, `{"version":`+strings.Repeat("9", 1000)+`,"sha256Hash":"`+hash+`"}`))
	c.body("a version that is text", inputCode, with(text, `{"version":"1","sha256Hash":"`+hash+`"}`))
	c.body("a hash that is a list", inputCode, with(text, `{"version":1,"sha256Hash":[]}`))
	c.body("an extension that is text", inputCode, with(text, `"x"`))
	c.body("an extension of 2,000 keys", inputCode, with(text, `{`+times(2000, `"k#":0,`)+`"version":1}`))
	c.body("the hash of what is no document", parseCode, with("{", `{"version":1,"sha256Hash":"`+sumOf("{")+`"}`))
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
