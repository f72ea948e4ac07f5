// Package ratelimit counts how often something may happen: named limits over
// GCRA (the generic cell rate algorithm), kept in the database, so that every
// replica sees the same count.
package ratelimit
