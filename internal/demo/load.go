package demo

import "fmt"

// The service and the accounts that load tests sign in with (cmd/loadgen).
const (
	LoadClient      = "loadgen"
	LoadSecret      = "loadgen-is-not-a-secret-on-loopback"
	LoadRedirectURI = "http://127.0.0.1:9/loadgen"
	LoadPassword    = CitizenPassword
	// MaxLoadAccounts is how many numbers and phones there are for them.
	MaxLoadAccounts = 900_000
	// LoadOfficers is how many officers there are for them.
	LoadOfficers = 60
)

// LoadNumber is the identity number of the n-th load account, from 0: nobody
// of the demo is born in 1900.
func LoadNumber(n int) string { return fmt.Sprintf("0990%08d", n) }

// LoadUsername is the name by which the n-th load officer signs in, from 0.
func LoadUsername(n int) string { return fmt.Sprintf("do-tai.%03d", n) }

// LoadPhone is the phone of the n-th load account, in E.164.
func LoadPhone(n int) string { return fmt.Sprintf("+84900%06d", 100_000+n) }
