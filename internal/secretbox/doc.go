// Package secretbox seals what must be read back: signing keys, messages until
// they are sent, tokens kept for a sign-out. Each value is bound to its row
// and purpose, so that it cannot be moved to another.
//
// Values are sealed with data keys (AES-256-GCM), which are rows of the
// database, wrapped by a master key that is not in it. MAC makes keyed digests
// of values that only need to be compared. Losing the master key loses every
// sealed value; keep a copy of it apart from the backups of the database.
package secretbox
