// Package e2e walks the whole program as people do. Each journey is written
// once, against a Hand, and runs twice: by HTTP on both databases, and in a
// real browser on SQLite. Pages that a journey passes are looked at by axe-core
// and photographed for the user guide.
package e2e
