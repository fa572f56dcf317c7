package server

// Version is the release. It is shown by `parley version` and by the API.
const Version = "0.1.0"
