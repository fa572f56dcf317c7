package broker

// Received is how many notifications the client has read, also those that it dropped.
func (n *NATS) Received() uint64 { return n.conn.Stats().InMsgs }
