package db

import "github.com/google/uuid"

// NewID returns a new id for a row: a UUIDv7 in text form, 36 characters,
// ordered by time of creation. It is not a secret.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }
