// Command parley is the chat server: one binary that serves, migrates its database and checks its
// own health.
package main

import "parley/server"

func main() { server.Main() }
