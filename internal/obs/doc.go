// Package obs is what operators see: JSON logs from which secrets and
// personal numbers are taken out (NewLogger), Prometheus metrics (Metrics),
// and the handler of the operations address with /healthz, /readyz and
// /metrics (Ops).
//
// The log's redaction is a safety net, not a licence: code logs ids and
// reasons, and the net holds when somebody forgets, or when the text of an
// error came from outside. It works on names (an attribute called password)
// and on the look of values (a JSON Web Token, an identity number).
package obs
