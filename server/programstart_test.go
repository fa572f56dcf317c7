package server_test

import (
	"parley/cmd/parley/command"
	"parley/server"
)

func init() { server.Program = command.Start }
