// Package config holds the one Config of a process and says whether it is
// complete.
//
// Every setting is a field of Config with kong tags: its flag, its variable of
// the environment (MOTCUA_…) and its line KEY=value in a file are the same
// setting, in that order of precedence. Check collects everything that is
// missing or wrong, each in Vietnamese and English. docs/config.md is made
// from the same fields; a test holds it fresh.
package config
