package network

// ClusterNodes is how many nodes a cluster of tests has.
const ClusterNodes = 3
