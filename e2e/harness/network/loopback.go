package network

const ClusterNodes = 3
