//go:build !cgo

package sqlite

// SQLite is C. Without a C compiler Go switches cgo off and builds a driver whose first query
// fails; this makes the build fail instead, with the reason in its name.
var _ = parley_needs_a_C_compiler_install_gcc_and_set_CGO_ENABLED_1
